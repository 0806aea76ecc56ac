-- reads: customer_products, products
-- Products by what they brought: over all time, the last 90 days, and the 90 days before those.
SELECT
    b.product_id,
    MAX(t.title) AS title,
    MAX(t.category) AS category,
    CAST(SUM(b.line_count) AS BIGINT) AS line_count,
    CAST(SUM(b.orders) AS BIGINT) AS orders, -- an order has one customer, so these add up
    COUNT(b.customer_id) AS customers,
    CAST(SUM(b.quantity_milli) AS BIGINT) AS quantity_milli,
    CAST(SUM(b.net_amount) AS BIGINT) AS net_amount,
    CAST(SUM(b.net_90_amount) AS BIGINT) AS net_90_amount,
    CAST(SUM(b.net_before_90_amount) AS BIGINT) AS net_before_90_amount
FROM customer_products AS b
LEFT JOIN products AS t ON t.product_id = b.product_id
WHERE b.product_id IS NOT NULL
GROUP BY b.product_id
ORDER BY net_amount DESC, b.product_id
