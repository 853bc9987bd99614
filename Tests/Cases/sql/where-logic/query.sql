select count(*) from actions where action = 'READ' and (email like '%@x.com' or email ilike 'A_b%') and not action in ('CREATE', 'DELETE')
