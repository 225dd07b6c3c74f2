"""Translate the text in pictures, where it stands.

read: Read the text in a picture, and translate it; no picture is made.
render: Set translations that you have corrected.
text: Translate a sentence, or a text in a file.
"""
