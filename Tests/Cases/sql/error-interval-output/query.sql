select max(created) - min(created) as d, max(day + interval '1 month') as e, interval '1 month' as f from orders
