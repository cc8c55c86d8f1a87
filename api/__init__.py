"""The message API: units, staff, messages, consent, deadlines; HTTP and the staff's pages. Knows nothing of the bot."""
