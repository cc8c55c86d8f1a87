"""What an outage routine says: whom to call, and what is registered afterwards. Pure: no clock, no store, no words of its own."""
