select count(*)) from actions
