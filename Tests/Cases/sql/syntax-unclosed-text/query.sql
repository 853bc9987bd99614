select count(*) from actions where action = 'READ
