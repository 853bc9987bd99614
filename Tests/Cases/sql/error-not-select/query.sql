delete from actions
