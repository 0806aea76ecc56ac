-- reads: orders, lines, purchases, customers, products, customer_cards, shop
-- The shop in one row: size, and how complete its facts are.
WITH counted AS (
    SELECT
        COUNT(*) AS orders,
        COUNT(DISTINCT customer_id) AS buyers,
        COUNT(CASE WHEN NOT is_guest THEN 1 END) AS orders_with_customer,
        COUNT(CASE WHEN NOT in_shop_currency THEN 1 END) AS orders_in_other_currency,
        CAST(COALESCE(SUM(net_amount), 0) AS BIGINT) AS net_amount,
        MIN(placed_at) AS first_order_at,
        MAX(placed_at) AS last_order_at
    FROM purchases
),
sold AS (
    SELECT
        COUNT(*) AS line_count,
        COUNT(CASE WHEN t.category <> '' THEN 1 END) AS lines_with_category
    FROM lines AS l
    INNER JOIN purchases AS p ON p.order_id = l.order_id
    LEFT JOIN products AS t ON t.product_id = l.product_id
),
people AS (
    SELECT COUNT(*) AS customers, CAST(SUM(CASE WHEN reachable THEN 1 ELSE 0 END) AS BIGINT) AS reachable_customers
    FROM (
        SELECT canonical_id, MAX(CASE WHEN has_contact THEN 1 ELSE 0 END) = 1 AS reachable
        FROM customers
        GROUP BY canonical_id
        HAVING MIN(CASE WHEN is_guest THEN 1 ELSE 0 END) = 0
    ) AS c
),
goods AS (
    SELECT COUNT(*) AS products, COUNT(CASE WHEN category <> '' THEN 1 END) AS products_with_category FROM products
),
best AS (
    -- Premium: the first customers by net of the last 365 days who together bring half of it.
    SELECT COUNT(*) AS premium FROM customer_cards WHERE cumulated_share - value_share < 0.5
),
arrived AS (
    SELECT COUNT(*) AS orders_received FROM orders
)
SELECT * FROM counted CROSS JOIN sold CROSS JOIN people CROSS JOIN goods CROSS JOIN best CROSS JOIN arrived CROSS JOIN shop
