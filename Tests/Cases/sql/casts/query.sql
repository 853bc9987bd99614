select sum(client::integer) as a, sum(cast(client as decimal(10, 2))) as b, sum(client::double precision) as c, max(client::date) as d, max(client::timestamp) as e,
bool_or((client = '5')::text::boolean) as f, max(id::text) as g, max(weight::bigint) as h, max(price::int) as i, max(created::date) as j, max(day::timestamp) as k, sum(paid::int) as l,
bool_or(id::boolean) as m, max(client::varchar(3)) as n, max(id::numeric) as o, max(weight::numeric(12, 4)) as p, max(price::float) as q, max(date(created)) as r, max(price::varchar) as s from orders
