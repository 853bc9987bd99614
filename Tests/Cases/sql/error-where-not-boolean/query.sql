select count(*) from orders where id
