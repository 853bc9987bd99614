select sum(price) as a, sum(price) + 1 as b, sum( price ) / count(*) as c from orders having sum(price) > 10
