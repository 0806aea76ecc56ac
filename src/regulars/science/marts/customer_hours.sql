-- reads: purchases
-- When each customer buys: orders by weekday (1 Monday to 7 Sunday) and hour of the shop's zone.
SELECT customer_id, iso_weekday(day) AS weekday, hour, COUNT(*) AS orders
FROM purchases
WHERE customer_id IS NOT NULL
GROUP BY customer_id, iso_weekday(day), hour
ORDER BY customer_id, weekday, hour
