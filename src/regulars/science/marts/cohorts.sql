-- reads: purchases
-- Customers by the month of their first order, and how many of them ordered again n months later.
-- `customers` is the cohort's size, `share` the part of it that ordered in that month, `net_amount` what they brought.
WITH firsts AS (
    SELECT customer_id, MIN(month) AS cohort FROM purchases WHERE customer_id IS NOT NULL GROUP BY customer_id
),
sizes AS (
    SELECT cohort, COUNT(*) AS customers FROM firsts GROUP BY cohort
),
months AS (
    SELECT
        f.cohort,
        calendar_months(f.cohort, p.month) AS months_since,
        COUNT(DISTINCT p.customer_id) AS active,
        COUNT(*) AS orders,
        CAST(SUM(p.net_amount) AS BIGINT) AS net_amount
    FROM purchases AS p
    INNER JOIN firsts AS f ON f.customer_id = p.customer_id
    GROUP BY f.cohort, calendar_months(f.cohort, p.month)
)
SELECT
    m.cohort,
    m.months_since,
    z.customers,
    m.active,
    CAST(m.active AS DOUBLE) / z.customers AS share,
    m.orders,
    m.net_amount
FROM months AS m
INNER JOIN sizes AS z ON z.cohort = m.cohort
