select count(*) from actions where dt > now() and dt::date = current_date and random() > 0.5 and dt < 'yesterday' and dt > current_timestamp
