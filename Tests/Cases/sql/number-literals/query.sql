select sum(1.50) as a, sum(1e3) as b, sum(12345678901) as c, sum(12345678901234567890) as d, sum(.5) as e from orders
