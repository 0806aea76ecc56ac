-- reads: customer_days
-- Repurchase: customers with orders on two days or more, as a share of customers with orders. One row.
WITH days AS (
    SELECT customer_id, COUNT(*) AS days FROM customer_days GROUP BY customer_id
)
SELECT
    COUNT(*) AS customers,
    COUNT(CASE WHEN days >= 2 THEN 1 END) AS repeat_customers,
    CASE WHEN COUNT(*) > 0 THEN CAST(COUNT(CASE WHEN days >= 2 THEN 1 END) AS DOUBLE) / COUNT(*) END AS rate
FROM days
