"""What the server draws: covers, rings, codes to scan, bars and charts. Pure functions from plain values to markup.

Nothing here reads a request or the clock, and nothing uses the standard library's random numbers: what is drawn for an
event today is drawn for it for ever.
"""
