select emial, sum(action) as s, foo(dt) as f, count(*) from actions where action + 1 = 2 and dtt > '2024-01-01' group by emial order by 9 limit -1
