-- reads: purchases
-- Orders and money per day, week (from Monday) and month. Days without orders have no row.
WITH told AS (
    SELECT 'day' AS grain, day AS period, customer_id, in_shop_currency, list_amount, discount_amount, net_amount, discounted FROM purchases
    UNION ALL
    SELECT 'week' AS grain, week AS period, customer_id, in_shop_currency, list_amount, discount_amount, net_amount, discounted FROM purchases
    UNION ALL
    SELECT 'month' AS grain, month AS period, customer_id, in_shop_currency, list_amount, discount_amount, net_amount, discounted FROM purchases
)
SELECT
    grain,
    period,
    COUNT(*) AS orders,
    COUNT(DISTINCT customer_id) AS customers,
    CAST(SUM(list_amount) AS BIGINT) AS list_amount,
    CAST(SUM(discount_amount) AS BIGINT) AS discount_amount,
    CAST(SUM(net_amount) AS BIGINT) AS net_amount,
    -- NULL where no order is in the shop's currency.
    CAST(ROUND(CAST(SUM(net_amount) AS DOUBLE) / NULLIF(COUNT(CASE WHEN in_shop_currency THEN 1 END), 0)) AS BIGINT)
        AS average_order_amount,
    COUNT(CASE WHEN discounted THEN 1 END) AS discounted_orders,
    CAST(COUNT(CASE WHEN discounted THEN 1 END) AS DOUBLE) / COUNT(*) AS discounted_share
FROM told
GROUP BY grain, period
