SELECT day, approx_count_distinct(client) AS clients, approx_percentile(price, 0.5) AS p, approx_quantile(id, 1) FILTER (WHERE paid) AS q
FROM orders GROUP BY day
