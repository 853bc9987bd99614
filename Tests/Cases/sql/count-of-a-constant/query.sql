select count(1) as a, count(*) as b, count(null) as c from actions
