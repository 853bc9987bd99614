select email action dt from actions
