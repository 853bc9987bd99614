select email, count(*) from actions group by
