select count(*) from actions where email like 'a!_%' escape '!' and email not like 'x' and email not ilike 'y' and email ~~ 'z' and email !~~* 'w'
