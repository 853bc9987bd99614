select count(*) from actions limit email offset 1.5
