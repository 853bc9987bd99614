select email, count(*) from actions group by email where email is not null
