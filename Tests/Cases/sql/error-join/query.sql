select count(*) from actions a join orders o on a.email = o.client
