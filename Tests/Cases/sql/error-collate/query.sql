select email collate "C" as e, count(*) from actions group by 1
