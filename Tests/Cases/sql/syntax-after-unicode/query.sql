select count(*) as "größe", from actions
