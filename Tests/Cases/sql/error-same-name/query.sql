select count(*), count(email) from actions
