"""Translate text between English, German, French and Spanish."""
