select 1 as one from actions having count(*) > 5
