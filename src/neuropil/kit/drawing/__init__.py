"""Pen strokes, and what they are drawn on and written to."""
