-- reads: customer_cards
-- Customers with orders by rhythm state, RFM segment and the RFM map's squares (`r` across, value score up). Regulars
-- bought on three days or more. `kind` says which of the three a row tells; the other keys are '' or 0.
WITH told AS (
    SELECT 'state' AS kind, state AS name, 0 AS r, 0 AS value_score, net_amount, net_365_amount, order_days FROM customer_cards
    UNION ALL
    SELECT 'segment' AS kind, segment AS name, 0 AS r, 0 AS value_score, net_amount, net_365_amount, order_days FROM customer_cards
    UNION ALL
    SELECT 'square' AS kind, segment AS name, r, value_score, net_amount, net_365_amount, order_days FROM customer_cards
)
SELECT
    kind,
    name,
    r,
    value_score,
    COUNT(*) AS customers,
    CAST(SUM(net_amount) AS BIGINT) AS net_amount,
    CAST(SUM(net_365_amount) AS BIGINT) AS net_365_amount,
    COUNT(CASE WHEN order_days >= 3 THEN 1 END) AS regulars,
    CAST(SUM(CASE WHEN order_days >= 3 THEN net_365_amount ELSE 0 END) AS BIGINT) AS regulars_net_365_amount
FROM told
GROUP BY kind, name, r, value_score
