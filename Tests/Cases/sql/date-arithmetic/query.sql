select max(day + 7) as a, max(7 + day) as b, min(day - 7) as c, sum(day - '2024-01-01') as d, max(day + interval '1 day 02:30:00') as e, max(created - interval '90 minutes') as f,
max(created + interval '1 year 2 months') as g, min(created - interval '1 month 3 days') as h, sum(extract(epoch from created - day)) as i, max(interval '1 hour' + created) as j,
max(created + 2 * interval '15 minutes') as k, max(created + (created - '2024-01-01')) as l, max(created - (created - day)) as m, max(day - quantity) as n from orders
