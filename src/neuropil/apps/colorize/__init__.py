"""Give grey photographs and films their colors.

explore: Show other colorings, what is sure, where hints help.
"""
