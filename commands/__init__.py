"""The commands of `lots`, one module a group: reads what is given, calls a room, prints. Holds no rules."""
