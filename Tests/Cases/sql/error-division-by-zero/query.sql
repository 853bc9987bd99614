select sum(id / 0) as a, sum(id % 0) as b, sum(weight % 2) as c, sum(99999999999999999999999999999999999999999) as d from orders
