-- reads: orders, customers, shop
-- One row per order that counts: paid or further, not cancelled, not wholly refunded, not dated after `as_of`. The customer
-- is the survivor of merges, NULL for a walk-in of whom nothing is known: such an order brings money and nobody. Money is in
-- minor units of the shop's currency; an order in another currency counts as an order, not as money.
-- Net is what the shop earns on goods, less refunds, never below 0.
WITH people AS (
    SELECT canonical_id, MIN(CASE WHEN is_guest THEN 1 ELSE 0 END) = 1 AS is_guest FROM customers GROUP BY canonical_id
)
SELECT
    o.order_id,
    CASE WHEN p.is_guest THEN NULL ELSE COALESCE(c.canonical_id, o.customer_id) END AS customer_id,
    COALESCE(p.is_guest, o.customer_id IS NULL) AS is_guest,
    o.placed_at,
    o.day,
    month_of(o.day) AS month,
    week_of(o.day) AS week,
    local_hour(o.placed_at, s.zone) AS hour,
    o.channel,
    o.store,
    o.line_count,
    o.currency = s.currency AS in_shop_currency,
    CASE WHEN o.currency = s.currency THEN o.list_amount ELSE 0 END AS list_amount,
    CASE WHEN o.currency = s.currency THEN o.discount_amount ELSE 0 END AS discount_amount,
    CASE WHEN o.currency = s.currency THEN GREATEST(o.net_amount - o.refunded_amount, 0) ELSE 0 END AS net_amount,
    o.discount_amount + o.funded_amount > 0 AS discounted
FROM orders AS o
CROSS JOIN shop AS s
LEFT JOIN customers AS c ON c.customer_id = o.customer_id
LEFT JOIN people AS p ON p.canonical_id = c.canonical_id
WHERE
    o.state NOT IN ('pending', 'cancelled', 'refunded')
    AND NOT (o.refunded_amount > 0 AND o.refunded_amount >= o.paid_amount)
    AND o.day <= s.as_of
