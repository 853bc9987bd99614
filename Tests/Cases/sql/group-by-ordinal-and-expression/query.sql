select lower(email) as who, dt::date as day, count(*) n from actions group by 1, cast(dt as date)
