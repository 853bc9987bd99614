select email, count(*) from actions group email
