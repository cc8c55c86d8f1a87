"""The decision: pure functions from words and facts to a decision that explains itself. No web, database, clock or log."""
