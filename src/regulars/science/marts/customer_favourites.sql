-- reads: customer_products, products
-- The ten products each customer bought in the most orders; among equals those with more net, then the smaller id.
WITH placed AS (
    SELECT
        *,
        ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY orders DESC, net_amount DESC, product_id) AS place
    FROM customer_products
    WHERE product_id IS NOT NULL AND customer_id IS NOT NULL
)
SELECT b.customer_id, b.place, b.product_id, t.title, t.category, b.orders, b.net_amount, b.last_day
FROM placed AS b
LEFT JOIN products AS t ON t.product_id = b.product_id
WHERE b.place <= 10
ORDER BY b.customer_id, b.place
