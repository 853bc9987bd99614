SELECT client,
       min_by(id, created) AS first_id, arg_max(price, weight) FILTER (WHERE paid) AS heaviest, any_value(day) AS some_day,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY price) AS p90, median(weight) AS middle,
       percentile_disc(0.25) WITHIN GROUP (ORDER BY created DESC) AS late, mode() WITHIN GROUP (ORDER BY client) AS usual
FROM orders GROUP BY client
