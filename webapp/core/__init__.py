"""What every part of the house stands on. Knows no feature, no request and no page."""
