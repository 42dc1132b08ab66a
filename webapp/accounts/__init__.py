"""Accounts: registering, proving an address, signing in, and everything that is one's own."""
