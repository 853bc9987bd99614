select count(*) from orders where not (id < 5) and not (client is null) and not not paid and not (client is distinct from 'a') and not (paid and id = 1)
