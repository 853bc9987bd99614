select email, count(*) form actions grup by email
