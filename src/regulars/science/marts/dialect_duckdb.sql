-- The few functions in which engines differ, under one name each. A mart uses these and otherwise standard SQL, so that
-- another engine needs only a twin of this file. Days are dates of the shop's zone; instants are UTC.
CREATE MACRO days_between(earlier, later) AS date_diff('day', earlier, later);
CREATE MACRO calendar_months(earlier, later) AS date_diff('month', earlier, later);
CREATE MACRO local_hour(instant, zone) AS extract(hour FROM timezone(zone, instant));
CREATE MACRO iso_weekday(day) AS extract(isodow FROM day);
CREATE MACRO month_of(day) AS CAST(date_trunc('month', day) AS DATE);
CREATE MACRO week_of(day) AS CAST(date_trunc('week', day) AS DATE);
CREATE MACRO whole(numerator, denominator) AS numerator // denominator;
CREATE MACRO add_days(day, days) AS CAST(day + CAST(days AS INTEGER) AS DATE);
