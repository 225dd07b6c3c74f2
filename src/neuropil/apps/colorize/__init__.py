"""Give grey photographs and films their colors."""
