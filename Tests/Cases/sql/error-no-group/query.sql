select email, action from actions
