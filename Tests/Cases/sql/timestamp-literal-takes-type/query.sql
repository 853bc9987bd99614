select count(*) from orders where created >= '2024-01-01' and day < '2024-02-01' and '2024-01-01' <= day and day = created and created = date '2024-05-05'
