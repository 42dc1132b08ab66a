"""Guests: being listed, invited, replying, coming."""
