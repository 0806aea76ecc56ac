-- reads: purchases, customer_days, shop
-- The last 7, 30, 90 and 365 days up to and with `as_of` (`back` 0), and as many days before them (`back` 1). A buyer is
-- new in the period of their first purchase day. Repeat buyers bought on two days or more within the period.
WITH lengths AS (
    SELECT 7 AS days UNION ALL SELECT 30 AS days UNION ALL SELECT 90 AS days UNION ALL SELECT 365 AS days
),
spans AS (
    SELECT l.days, b.back, add_days(s.as_of, 1 - l.days * (b.back + 1)) AS since, add_days(s.as_of, -l.days * b.back) AS until
    FROM lengths AS l
    CROSS JOIN (SELECT 0 AS back UNION ALL SELECT 1 AS back) AS b
    CROSS JOIN shop AS s
),
firsts AS (
    SELECT customer_id, MIN(day) AS first_day FROM customer_days GROUP BY customer_id
),
sums AS (
    SELECT
        s.days,
        s.back,
        COUNT(*) AS orders,
        COUNT(CASE WHEN p.in_shop_currency THEN 1 END) AS orders_in_currency,
        CAST(SUM(p.list_amount) AS BIGINT) AS list_amount,
        CAST(SUM(p.discount_amount) AS BIGINT) AS discount_amount,
        CAST(SUM(p.net_amount) AS BIGINT) AS net_amount,
        COUNT(CASE WHEN p.discounted THEN 1 END) AS discounted_orders
    FROM purchases AS p
    INNER JOIN spans AS s ON p.day BETWEEN s.since AND s.until
    GROUP BY s.days, s.back
),
buyers AS (
    SELECT s.days, s.back, s.since, d.customer_id, COUNT(*) AS purchase_days
    FROM customer_days AS d
    INNER JOIN spans AS s ON d.day BETWEEN s.since AND s.until
    GROUP BY s.days, s.back, s.since, d.customer_id
),
people AS (
    SELECT
        b.days,
        b.back,
        COUNT(*) AS buyers,
        COUNT(CASE WHEN f.first_day >= b.since THEN 1 END) AS new_buyers,
        COUNT(CASE WHEN b.purchase_days >= 2 THEN 1 END) AS repeat_buyers
    FROM buyers AS b
    INNER JOIN firsts AS f ON f.customer_id = b.customer_id
    GROUP BY b.days, b.back
)
SELECT
    s.days,
    s.back,
    s.since,
    s.until,
    COALESCE(t.orders, 0) AS orders,
    COALESCE(t.orders_in_currency, 0) AS orders_in_currency,
    COALESCE(t.list_amount, 0) AS list_amount,
    COALESCE(t.discount_amount, 0) AS discount_amount,
    COALESCE(t.net_amount, 0) AS net_amount,
    COALESCE(t.discounted_orders, 0) AS discounted_orders,
    COALESCE(p.buyers, 0) AS buyers,
    COALESCE(p.new_buyers, 0) AS new_buyers,
    COALESCE(p.repeat_buyers, 0) AS repeat_buyers
FROM spans AS s
LEFT JOIN sums AS t ON t.days = s.days AND t.back = s.back
LEFT JOIN people AS p ON p.days = s.days AND p.back = s.back
