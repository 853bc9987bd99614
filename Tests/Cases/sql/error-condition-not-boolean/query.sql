select count(*) filter (where client) as a, sum(case when id then 1 end) as b, count(*) as c from orders where not price and (id or paid)
