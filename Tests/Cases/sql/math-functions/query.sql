select sum(power(id, 2)) as a, sum(sqrt(abs(price))) as b, sum(ln(weight)) as c, sum(log(weight)) as d, sum(log10(id)) as e, sum(exp(1)) as f, sum(pow(2, weight)) as g from orders
