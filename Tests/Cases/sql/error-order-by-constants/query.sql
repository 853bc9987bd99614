select email, count(*) from actions group by email order by 'x', 3, email using >
