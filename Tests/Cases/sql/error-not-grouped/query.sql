select email, action, count(*) from actions group by email
