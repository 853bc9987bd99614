select date_trunc('day', dt) as day_start, count(*) n from actions group by day_start
