-- reads: purchases, lines, customer_days, customer_categories, shop
-- One row per customer with orders: what they buy, how much, when and where. "Favourite" is the most frequent value, the
-- latest used among equals, then the smaller. Money in minor units, and the average order, tell of orders in the shop's
-- currency alone (NULL: there are none); `price_low` to `price_high` holds the middle half of
-- the customer's line amounts (nearest rank).
WITH totals AS (
    SELECT
        p.customer_id,
        COUNT(*) AS orders,
        COUNT(CASE WHEN p.in_shop_currency THEN 1 END) AS orders_in_currency,
        CAST(SUM(p.net_amount) AS BIGINT) AS net_amount,
        CAST(SUM(p.list_amount) AS BIGINT) AS list_amount,
        CAST(SUM(p.discount_amount) AS BIGINT) AS discount_amount,
        COUNT(CASE WHEN p.discounted THEN 1 END) AS discounted_orders,
        CAST(SUM(p.line_count) AS BIGINT) AS line_count,
        MIN(p.placed_at) AS first_at,
        MAX(p.placed_at) AS last_at,
        CAST(SUM(CASE WHEN days_between(p.day, s.as_of) < 365 THEN p.net_amount ELSE 0 END) AS BIGINT) AS net_365_amount,
        CAST(SUM(CASE WHEN days_between(p.day, s.as_of) < 90 THEN p.net_amount ELSE 0 END) AS BIGINT) AS net_90_amount,
        CAST(SUM(CASE WHEN days_between(p.day, s.as_of) BETWEEN 90 AND 179 THEN p.net_amount ELSE 0 END) AS BIGINT) AS net_before_90_amount
    FROM purchases AS p
    CROSS JOIN shop AS s
    WHERE p.customer_id IS NOT NULL
    GROUP BY p.customer_id
),
purchase_days AS (
    SELECT customer_id, COUNT(*) AS order_days FROM customer_days GROUP BY customer_id
),
told AS (
    SELECT customer_id, 'channel' AS habit, channel AS value, placed_at FROM purchases
    UNION ALL
    SELECT customer_id, 'store' AS habit, store AS value, placed_at FROM purchases
    UNION ALL
    SELECT customer_id, 'weekday' AS habit, CAST(iso_weekday(day) AS VARCHAR) AS value, placed_at FROM purchases
    UNION ALL
    SELECT customer_id, 'hour' AS habit, CAST(hour AS VARCHAR) AS value, placed_at FROM purchases
),
counted AS (
    SELECT
        customer_id,
        habit,
        value,
        ROW_NUMBER() OVER (
            PARTITION BY customer_id, habit ORDER BY COUNT(*) DESC, MAX(placed_at) DESC, value
        ) AS place
    FROM told
    WHERE value <> ''
    GROUP BY customer_id, habit, value
),
habits AS (
    SELECT
        customer_id,
        MAX(CASE WHEN habit = 'channel' THEN value END) AS channel,
        MAX(CASE WHEN habit = 'store' THEN value END) AS store,
        MAX(CASE WHEN habit = 'weekday' THEN CAST(value AS INTEGER) END) AS weekday,
        MAX(CASE WHEN habit = 'hour' THEN CAST(value AS INTEGER) END) AS hour
    FROM counted
    WHERE place = 1
    GROUP BY customer_id
),
priced AS (
    SELECT
        p.customer_id,
        l.net_amount,
        ROW_NUMBER() OVER (PARTITION BY p.customer_id ORDER BY l.net_amount, l.order_id, l.number) AS place,
        COUNT(*) OVER (PARTITION BY p.customer_id) AS line_count
    FROM lines AS l
    INNER JOIN purchases AS p ON p.order_id = l.order_id
    WHERE p.in_shop_currency
),
bands AS (
    SELECT
        customer_id,
        MIN(CASE WHEN 4 * place >= line_count THEN net_amount END) AS price_low,
        MIN(CASE WHEN 4 * place >= 3 * line_count THEN net_amount END) AS price_high
    FROM priced
    GROUP BY customer_id
),
categories AS (
    SELECT
        customer_id,
        category,
        ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY net_amount DESC, category) AS place
    FROM customer_categories
    WHERE category <> ''
)
SELECT
    t.*,
    d.order_days,
    CAST(ROUND(CAST(t.net_amount AS DOUBLE) / NULLIF(t.orders_in_currency, 0)) AS BIGINT) AS average_order_amount,
    CAST(t.line_count AS DOUBLE) / t.orders AS lines_per_order,
    CASE WHEN t.list_amount > 0 THEN CAST(t.discount_amount AS DOUBLE) / t.list_amount ELSE 0 END AS discount_share,
    h.channel,
    h.store,
    h.weekday,
    h.hour,
    b.price_low,
    b.price_high,
    c.category AS top_category
FROM totals AS t
INNER JOIN purchase_days AS d ON d.customer_id = t.customer_id
LEFT JOIN habits AS h ON h.customer_id = t.customer_id
LEFT JOIN bands AS b ON b.customer_id = t.customer_id
LEFT JOIN categories AS c ON c.customer_id = t.customer_id AND c.place = 1
