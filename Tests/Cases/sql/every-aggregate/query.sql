select count(*) as n, count(client) as clients, count(distinct client) as different, sum(quantity) as s1, sum(price) as s2,
sum(weight) as s3, avg(quantity) as a1, avg(price) as a2, avg(weight) as a3, min(client) as m1, max(day) as m2, min(paid) as m3,
bool_and(paid) as b1, every(paid) as b2, bool_or(paid) as b3, min(distinct quantity) as m4 from orders
