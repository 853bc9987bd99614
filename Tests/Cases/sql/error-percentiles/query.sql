SELECT percentile_cont(0.5) AS a, percentile_cont(1.5) WITHIN GROUP (ORDER BY id) AS b,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY day) AS c, percentile_disc(weight) WITHIN GROUP (ORDER BY id) AS d,
       percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY id) AS e, mode(client) AS f, median(paid) AS g,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY id, day) AS h, sum(id) WITHIN GROUP (ORDER BY id) AS i, median(client) AS j,
       approx_percentile(id) AS k, approx_percentile(client, 0.5) AS l, approx_percentile(id, 2) AS m
FROM orders
