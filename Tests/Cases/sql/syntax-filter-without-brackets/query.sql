select count(*) filter where action = 'x' from actions
