select email, 'x' as tag, 5 as five, true as yes, date '2024-01-01' as d from actions group by email
