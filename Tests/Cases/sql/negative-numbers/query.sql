select sum(quantity * -5) as a, sum(quantity + - 3) as b, sum(quantity - -(7)) as c, sum(-quantity) as d, sum(0) as e, sum(-2147483648) as f, sum(price * -1.50) as g from orders
