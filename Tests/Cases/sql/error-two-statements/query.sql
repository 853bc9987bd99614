select count(*) from actions; select 1
