select count(*) from actions union all select count(*) from orders
