select lowr(email) as e, count(*) from actions group by 1
