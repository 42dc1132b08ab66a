"""The journal: the append-only record of who did what."""
