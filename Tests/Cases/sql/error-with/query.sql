with x as (select 1) select count(*) from actions
