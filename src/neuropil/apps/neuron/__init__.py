"""Work out neurons by hand, forward and backward.

homework: Write a sheet of exercises and their solutions.
digit: Read a digit that you have written, and say why.
biology: Draw the living neuron beside the artificial one.
"""
