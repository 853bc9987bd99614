select count(*), not (paid is not false) as unpaid from orders group by (paid is not false), id = 1 having not (paid is not false) or not (id = 1)
