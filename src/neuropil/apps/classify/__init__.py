"""Say what is in a picture: a thousand things, or none of them.

sheet: Draw a contact sheet of a folder of pictures.
teach: Learn your own classes from a folder of pictures.
"""
