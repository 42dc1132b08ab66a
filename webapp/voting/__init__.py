"""Voting: ballots, the count, the consensus and what follows from it."""
