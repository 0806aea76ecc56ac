-- reads: customer_profile, rfm, rhythm
-- What is known of each customer with orders, in order of id: the row that lists and pages show. `value_rank` orders them
-- by net of the last 365 days (then of all time, then id); `cumulated_share` is the part of the shop's net of those days
-- that this customer and all before bring together.
WITH ranked AS (
    SELECT
        *,
        ROW_NUMBER() OVER (ORDER BY net_365_amount DESC, net_amount DESC, customer_id) AS value_rank,
        CAST(SUM(net_365_amount) OVER (
            ORDER BY net_365_amount DESC, net_amount DESC, customer_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) AS cumulated_amount,
        CAST(SUM(net_365_amount) OVER () AS BIGINT) AS shop_amount
    FROM customer_profile
)
SELECT
    p.*,
    CASE WHEN p.shop_amount > 0 THEN CAST(p.net_365_amount AS DOUBLE) / p.shop_amount END AS value_share,
    CASE WHEN p.shop_amount > 0 THEN CAST(p.cumulated_amount AS DOUBLE) / p.shop_amount END AS cumulated_share,
    r.r,
    r.f,
    r.m,
    r.value_score,
    r.segment,
    y.first_day,
    y.last_day,
    y.gaps,
    y.mean_days,
    y.median_days,
    y.sd_days,
    y.typical_days,
    y.usual_days,
    y.since_days,
    y.lateness,
    y.due_day,
    y.state
FROM ranked AS p
INNER JOIN rfm AS r ON r.customer_id = p.customer_id
INNER JOIN rhythm AS y ON y.customer_id = p.customer_id
ORDER BY p.customer_id
