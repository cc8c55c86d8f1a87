"""Our own Bot API server: as strict as Telegram's, on loopback, with people who chat and faults on a schedule. Knows nothing of Lots."""
