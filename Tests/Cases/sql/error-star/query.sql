select * from actions
