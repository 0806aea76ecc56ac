-- reads: customer_categories
-- Categories by what they brought; '' gathers products without a category.
SELECT
    category,
    CAST(SUM(line_count) AS BIGINT) AS line_count,
    COUNT(customer_id) AS customers,
    CAST(SUM(net_amount) AS BIGINT) AS net_amount
FROM customer_categories
GROUP BY category
ORDER BY net_amount DESC, category
