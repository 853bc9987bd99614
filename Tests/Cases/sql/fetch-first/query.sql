select email from actions group by email fetch first 3 rows only
