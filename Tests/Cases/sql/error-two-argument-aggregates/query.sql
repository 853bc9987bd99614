SELECT min_by(id) AS a, max_by(id, day, client) AS b, min_by(id, created - created) AS c, arg_min(id, sum(id)) AS d,
       stddev(paid) AS e, variance(client) AS f, approx_count_distinct() AS g
FROM orders
