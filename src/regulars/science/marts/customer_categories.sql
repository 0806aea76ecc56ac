-- reads: customer_products, products
-- What each customer buys by category (full path; '' where a product has none), sorted so that one customer is one stretch.
SELECT
    b.customer_id,
    COALESCE(t.category, '') AS category,
    CAST(SUM(b.line_count) AS BIGINT) AS line_count,
    CAST(SUM(b.net_amount) AS BIGINT) AS net_amount
FROM customer_products AS b
LEFT JOIN products AS t ON t.product_id = b.product_id
GROUP BY b.customer_id, COALESCE(t.category, '')
ORDER BY b.customer_id, net_amount DESC, category
