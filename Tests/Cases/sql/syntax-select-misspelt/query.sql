selct count(*) from actions
