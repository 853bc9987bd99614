select count(*) from actions where email = $1
