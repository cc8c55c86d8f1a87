"""The steps of the conversation, one module each: pure functions from a conversation and what came in to a turn."""
