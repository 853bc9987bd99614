select count(*) from actions limit all
