SELECT DISTINCT ON (email) email, dt FROM actions ORDER BY email, dt
