select distinct email from actions group by email
