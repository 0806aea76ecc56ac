-- reads: purchases
-- One row per customer and day with orders: two orders on one day are one purchase day, here and wherever rhythm or
-- repurchase is meant. `gap_days` is the time since the customer's previous purchase day (NULL on the first).
SELECT
    customer_id,
    day,
    COUNT(*) AS orders,
    CAST(SUM(net_amount) AS BIGINT) AS net_amount,
    days_between(LAG(day) OVER (PARTITION BY customer_id ORDER BY day), day) AS gap_days
FROM purchases
WHERE customer_id IS NOT NULL
GROUP BY customer_id, day
ORDER BY customer_id, day
