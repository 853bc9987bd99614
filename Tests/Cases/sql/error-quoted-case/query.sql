select max("price") as p from impressions
