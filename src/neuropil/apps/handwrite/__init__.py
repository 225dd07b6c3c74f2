"""Writes text by hand: in a named style, a random one, or your own."""
