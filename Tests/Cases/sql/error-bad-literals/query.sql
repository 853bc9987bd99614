select count(*) from orders where day = '2024-13-01' and created > '2024-02-30 00:00' and id = '5.5' and paid = 'maybe' and price = 'x' and '2023-02-29'::date = day and created > interval '5 bananas'
