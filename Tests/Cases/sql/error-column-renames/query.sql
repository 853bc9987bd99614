select count(*) from actions as a (x, y)
