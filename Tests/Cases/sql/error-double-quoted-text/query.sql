select count(*) from actions where action = "CREATE"
