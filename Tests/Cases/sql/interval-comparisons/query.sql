select client, count(*) from orders where created - day > interval '1 hour' and created - day <= '90 minutes' group by client having max(created) - min(created) > interval '2 days'
