"""Practice: which scenario is next, how a go is marked, when it comes again. Nothing here can reach the message API."""
