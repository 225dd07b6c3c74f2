"""Write a text by hand, in a chosen, a random or your own style.

learn: Learn your own hand from a few recorded lines.
"""
