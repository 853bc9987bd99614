select email, count(*) from actions group by email, 1, actions.email
