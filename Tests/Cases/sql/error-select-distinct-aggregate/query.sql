SELECT DISTINCT email, count(*) AS n FROM actions
