select count(*) filter (where true) as a, count(*) as b from actions where true
