select -sum(quantity) as quantity from orders group by quantity order by quantity
