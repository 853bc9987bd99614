select sum(distinct id) as a, avg(distinct price) as b, count(distinct client, id) as c, count(distinct (client, id)) as d from orders
