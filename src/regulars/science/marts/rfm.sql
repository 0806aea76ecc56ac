-- reads: customer_days, shop
-- Recency (days since the last purchase day), frequency (purchase days), monetary (net). Scores 1 to 5, 5 is best, by the
-- share of customers one stands before or behind; equal values always get equal scores:
--   recency   = CEIL(5 * share of customers whose last purchase is as old or older)   -- ties take the better score
--   frequency = 1 + FLOOR(5 * share of customers with fewer)                          -- ties take the lower score
-- (just bought is just bought; bought once is bought once, however many others did too). Monetary goes like frequency.
-- Segments: the usual map of recency against value, value being the rounded-up mean of the two other scores.
WITH totals AS (
    SELECT
        d.customer_id,
        days_between(MAX(d.day), MAX(s.as_of)) AS recency_days,
        COUNT(*) AS frequency_days,
        CAST(SUM(d.net_amount) AS BIGINT) AS monetary_amount
    FROM customer_days AS d
    CROSS JOIN shop AS s
    GROUP BY d.customer_id
),
ranked AS (
    SELECT
        *,
        COUNT(*) OVER () AS customers,
        RANK() OVER (ORDER BY recency_days) - 1 AS more_recent,
        RANK() OVER (ORDER BY frequency_days) - 1 AS less_frequent,
        RANK() OVER (ORDER BY monetary_amount) - 1 AS less_valuable
    FROM totals
),
scored AS (
    SELECT
        customer_id,
        recency_days,
        frequency_days,
        monetary_amount,
        5 - whole(5 * more_recent, customers) AS r,
        1 + whole(5 * less_frequent, customers) AS f,
        1 + whole(5 * less_valuable, customers) AS m
    FROM ranked
)
SELECT
    *,
    whole(f + m + 1, 2) AS value_score,
    CASE
        WHEN r = 5 AND whole(f + m + 1, 2) >= 4 THEN 'champions'
        WHEN r >= 3 AND whole(f + m + 1, 2) >= 4 THEN 'loyal'
        WHEN r >= 4 AND whole(f + m + 1, 2) >= 2 THEN 'potential'
        WHEN r = 5 THEN 'newcomers'
        WHEN r = 4 THEN 'promising'
        WHEN r = 3 AND whole(f + m + 1, 2) = 3 THEN 'need_attention'
        WHEN r = 3 THEN 'about_to_sleep'
        WHEN r = 1 AND whole(f + m + 1, 2) >= 4 THEN 'cannot_lose'
        WHEN whole(f + m + 1, 2) >= 3 THEN 'at_risk'
        WHEN r = 2 OR whole(f + m + 1, 2) = 2 THEN 'hibernating'
        ELSE 'lost'
    END AS segment
FROM scored
