"""What both shells stand on: settings, clock, database, outbox, encryption, logging, page layout. Knows none of the other rooms."""
