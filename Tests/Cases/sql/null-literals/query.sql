select sum(null) as a, max(null) as b, count(*) filter (where null) as c, sum(id + null) as d from orders
