select sum(distinct id) as a, avg(distinct price) filter (where paid) as b, stddev(distinct weight) as e, count(distinct client, id) as c, count(distinct (client, id)) as d from orders
