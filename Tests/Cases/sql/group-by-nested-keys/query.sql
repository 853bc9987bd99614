select quantity, quantity + id as total, count(*) n from orders group by quantity, quantity + id
