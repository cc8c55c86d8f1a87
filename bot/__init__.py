"""The conversation: one pure centre, a thin shell, chat clients at the edge. Reaches the message API over HTTP only."""
