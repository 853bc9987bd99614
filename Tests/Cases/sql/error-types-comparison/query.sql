select count(*) from orders where client = 5 and paid = 1 and day > 5 and created - day > 5 and id = 'x'
