select `email`, count(*) from actions group by 1
