select sum(client + id) as a, sum(paid + 1) as b, sum(client) as c, sum(paid) as d, avg(day) as e, sum(-client) as f from orders
