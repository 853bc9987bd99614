select count(*) + 1 from actions
