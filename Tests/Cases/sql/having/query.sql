select email from actions group by email having count(*) > 10 and min(dt) >= '2024-01-01'
