select email
       count(*) n
from actions group by email
