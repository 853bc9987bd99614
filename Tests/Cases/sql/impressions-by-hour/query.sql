select CAMPAIGN_ID, date_trunc('hour', IMPRESSION_DATETIME) as hour, count(distinct impression_id) as impressions
from impressions group by 1, 2
