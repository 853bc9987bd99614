select dt at time zone 'utc' as t, count(*) from actions group by 1
