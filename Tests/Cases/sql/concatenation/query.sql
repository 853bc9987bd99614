select email || ':' || action as a, concat(email, 1, null, dt) as b, email || 5 as c, count(*) from actions group by email, action, dt
