select sum(case when quantity > 10 then price when quantity > 5 then 1 else 0 end) as total, sum(case when paid then 1 end) as paid from orders
