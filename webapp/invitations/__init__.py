"""Invitations: links that let their bearer in."""
