select upper(email) || '!' as loud from actions group by upper(email)
