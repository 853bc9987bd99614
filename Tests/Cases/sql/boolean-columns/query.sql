select paid, count(*) from orders where paid or not paid group by paid having bool_or(paid)
