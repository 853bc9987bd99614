select client, count(*) filter (where paid) * 100.0 / count(*) as share, round(avg(price), 2) as mean, round(sum(price) / count(*), 1) as mean2, round(max(price), 1) as m from orders group by client
