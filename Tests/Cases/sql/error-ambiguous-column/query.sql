select max(price) from impressions
