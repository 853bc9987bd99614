select count(*) from orders where id = 1 and id <> 2 and id != 3 and price > 1.5 and price <= 3 and weight >= 1 and 2 < weight
and id > 1.25 and weight = price and client is distinct from 'x' and client is not distinct from null
