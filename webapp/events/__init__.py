"""Events: what people are invited to."""
