select count(*) from public.actions
