select client, sum(price) as total, count(*) as n from orders group by client
order by total desc, 3, max(day) asc nulls first, client desc nulls last limit 10 offset 5
