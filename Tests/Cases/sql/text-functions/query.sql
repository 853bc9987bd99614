select count(*) from actions where lower(email) = upper(action) and length(email) > char_length(action) and octet_length(email) = 3
and substring(email from 2 for 3) = 'x' and substring(email for 2) = 'ab' and substr(email, 2) = 'y' and left(email, 2) = right(email, -1)
and split_part(email, '@', 2) = 'x.com' and replace(email, 'a', 'b') = 'c' and strpos(email, '@') = position('@' in email) and starts_with(email, 'a')
and trim(email) = trim(leading 'x' from email) and rtrim(email, 'y') = ltrim(email) and trim(both from email) = btrim(email, 'ab')
