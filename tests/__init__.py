"""The suite: sentences about behaviour."""
