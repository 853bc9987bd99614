select count(*) from actions, orders
