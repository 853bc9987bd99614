select count(*) from action
