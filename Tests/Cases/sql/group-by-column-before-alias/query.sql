select lower(email) as email, count(*) n from actions group by email
