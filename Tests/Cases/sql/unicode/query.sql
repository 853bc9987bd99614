select count(*) as "größe" from actions where email = 'ünï' and action <> 'it''s' and email <> E'a\nb'
