select count(*) from actions where email in (select client from orders)
