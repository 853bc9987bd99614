select email, count(*) over (partition by email) as n from actions group by email
