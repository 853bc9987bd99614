select sum(count(*)) as a, max(id) filter (where sum(id) > 1) as b from orders
