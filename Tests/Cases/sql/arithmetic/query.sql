select sum(id + quantity) as a, sum(id - price) as b, sum(id * price) as c, sum(price * discount) as d, sum(price / 2) as e, sum(id / quantity) as f,
sum(id % 7) as g, sum(price % 2) as h, sum(weight + id) as i, sum(id ^ 2) as j, sum(@ id) as k, sum(+id) as l, sum(price + discount) as m from orders
