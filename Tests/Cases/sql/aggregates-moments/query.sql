SELECT stddev(price), stddev_samp(price), stddev_pop(weight), variance(id), var_samp(id) AS v2, var_pop(weight) AS v3,
       sum(DISTINCT id) AS s, avg(DISTINCT price) AS a
FROM orders
