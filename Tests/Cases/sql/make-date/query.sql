select make_date(id, quantity, 1) as day, count(*) from orders group by 1
