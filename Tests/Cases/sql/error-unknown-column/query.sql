select emial, count(*) from actions group by emial
