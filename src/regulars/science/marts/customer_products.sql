-- reads: lines, purchases, shop
-- What each customer bought of each product: the one pass over all lines that the marts on products and categories share.
SELECT
    p.customer_id,
    l.product_id,
    COUNT(*) AS line_count,
    COUNT(DISTINCT p.order_id) AS orders,
    CAST(SUM(l.quantity_milli) AS BIGINT) AS quantity_milli,
    MAX(p.day) AS last_day,
    CAST(SUM(CASE WHEN p.in_shop_currency THEN l.net_amount ELSE 0 END) AS BIGINT) AS net_amount,
    CAST(SUM(CASE WHEN p.in_shop_currency AND days_between(p.day, s.as_of) < 90 THEN l.net_amount ELSE 0 END) AS BIGINT)
        AS net_90_amount,
    CAST(SUM(
        CASE WHEN p.in_shop_currency AND days_between(p.day, s.as_of) BETWEEN 90 AND 179 THEN l.net_amount ELSE 0 END
    ) AS BIGINT) AS net_before_90_amount
FROM lines AS l
INNER JOIN purchases AS p ON p.order_id = l.order_id
CROSS JOIN shop AS s
GROUP BY p.customer_id, l.product_id
