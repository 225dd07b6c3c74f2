"""Writes texts by hand."""
