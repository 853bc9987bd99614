select email, count(*) from actions where count(*) > 1 group by email
