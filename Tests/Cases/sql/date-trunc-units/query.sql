select date_trunc('HOUR', dt) as a, date_trunc('weeks', dt) as b, date_trunc('century', dt) as c, count(*) from actions group by 1, 2, 3
