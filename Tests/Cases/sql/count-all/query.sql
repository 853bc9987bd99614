select count(*) from actions
