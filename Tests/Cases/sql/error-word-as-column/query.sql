select user, count(*) from impressions group by 1
