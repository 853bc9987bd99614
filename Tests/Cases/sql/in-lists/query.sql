select count(*) from orders where client in ('a') and client not in ('b') and client in ('b', 'a', 'b') and id not in (1, 2) and price in (1, 2.5) and day in ('2024-01-01', null)
