select email from actions group by email limit 5, 10
