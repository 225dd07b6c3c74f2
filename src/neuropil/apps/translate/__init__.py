"""Translate the text in pictures, where it stands.

read: Read the text in a picture, and translate it; no picture is made.
text: Translate a sentence, or a text in a file.
"""
