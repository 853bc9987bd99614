-- CRUD actions of every user
SELECT email,
       count(*) FILTER (WHERE action = 'CREATE') AS create_count,
       count(*) FILTER (WHERE action = 'READ')   AS read_count,
       count(*) FILTER (WHERE action = 'UPDATE') AS update_count,
       count(*) FILTER (WHERE action = 'DELETE') AS delete_count
FROM actions
GROUP BY email
