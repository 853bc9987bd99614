select count(*) from actions group by 'x', 5, 1 + 1, dt - dt
