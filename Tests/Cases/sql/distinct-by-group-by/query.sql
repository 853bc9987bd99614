select email from actions group by email
