-- reads: customer_days
-- How long customers take to come back: those whose second purchase day came `days` days after their first.
WITH ordered AS (
    SELECT gap_days, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY day) AS visit FROM customer_days
)
SELECT gap_days AS days, COUNT(*) AS customers
FROM ordered
WHERE visit = 2
GROUP BY gap_days
