SELECT DISTINCT client, day, client AS again, price * 2 AS twice, 'web' AS kind
FROM orders WHERE paid ORDER BY twice DESC, day + 1 LIMIT 10
