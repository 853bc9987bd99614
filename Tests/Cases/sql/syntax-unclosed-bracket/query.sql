select count(* from actions
