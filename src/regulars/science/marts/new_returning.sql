-- reads: purchases
-- Per month and per week (from Monday): a customer is new in the period of their first order and returning in later ones.
WITH firsts AS (
    SELECT customer_id, MIN(month) AS month, MIN(week) AS week FROM purchases WHERE customer_id IS NOT NULL GROUP BY customer_id
),
told AS (
    SELECT 'month' AS grain, p.month AS period, p.customer_id, p.net_amount, p.month = f.month AS is_new
    FROM purchases AS p INNER JOIN firsts AS f ON f.customer_id = p.customer_id
    UNION ALL
    SELECT 'week' AS grain, p.week AS period, p.customer_id, p.net_amount, p.week = f.week AS is_new
    FROM purchases AS p INNER JOIN firsts AS f ON f.customer_id = p.customer_id
)
SELECT
    grain,
    period,
    COUNT(DISTINCT CASE WHEN is_new THEN customer_id END) AS new_customers,
    COUNT(DISTINCT CASE WHEN NOT is_new THEN customer_id END) AS returning_customers,
    COUNT(CASE WHEN is_new THEN 1 END) AS new_orders,
    COUNT(CASE WHEN NOT is_new THEN 1 END) AS returning_orders,
    CAST(SUM(CASE WHEN is_new THEN net_amount ELSE 0 END) AS BIGINT) AS new_net_amount,
    CAST(SUM(CASE WHEN NOT is_new THEN net_amount ELSE 0 END) AS BIGINT) AS returning_net_amount
FROM told
GROUP BY grain, period
