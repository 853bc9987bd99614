select email, max(dt), count(*), coalesce(email, 'x'), min(dt)::date, case when count(*) > 1 then 1 end from actions group by email
