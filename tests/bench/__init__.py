"""How fast pages are, against a yardstick: `make bench`."""
