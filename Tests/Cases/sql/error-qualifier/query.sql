select x.email, count(*) from actions a where actions.email is null group by x.email
