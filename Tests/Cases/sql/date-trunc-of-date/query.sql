select date_trunc('month', day)::date as month, count(*) from orders group by 1
