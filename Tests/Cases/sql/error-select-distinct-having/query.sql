SELECT DISTINCT email FROM actions HAVING email > 'a'
