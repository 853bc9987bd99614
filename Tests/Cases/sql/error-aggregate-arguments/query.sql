select count() as a, sum(*) as b, sum(id, id) as c, max(created - day) as d, string_agg(client, ',') as e, lower(distinct client) as f, array_agg(id order by id) as g from orders
