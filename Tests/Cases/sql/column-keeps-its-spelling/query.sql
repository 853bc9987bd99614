select campaign_id, "user", max("Price") as p, max("PRICE") as q from impressions group by campaign_id, "user"
