select case client when 'a' then 'first' when 'b' then 'second' else client end as who, count(*) from orders group by 1
