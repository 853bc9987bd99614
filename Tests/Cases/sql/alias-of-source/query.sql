select a.email, count(a.action) from actions as a where a.dt is not null group by a.email
