select user, order from impressions
