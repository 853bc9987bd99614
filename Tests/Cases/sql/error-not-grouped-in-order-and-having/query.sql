select email, count(*) from actions group by email having action = 'x' order by dt
