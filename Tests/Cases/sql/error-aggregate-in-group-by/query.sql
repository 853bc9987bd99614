select count(*) as n from actions group by n
