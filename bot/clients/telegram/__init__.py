"""Telegram as a chat client: translates updates to events and lines to messages. Decides nothing about the matter and keeps no words."""
