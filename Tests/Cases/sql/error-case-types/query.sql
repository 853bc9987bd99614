select case when paid then 1 else 'x' end as a, case when paid then day else id end as b, coalesce(client, 1) as c, greatest(day, id) as d, count(*) from orders group by 1, 2, 3, 4
