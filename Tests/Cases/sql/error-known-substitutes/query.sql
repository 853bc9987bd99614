select ifnull(email, 1) as a, string_agg(email, 1) as b, year(dt) as c, countif(true) as d, to_char(dt, 1) as e, quantile(dt) as f from actions
