"""Drive a car around a track by what its camera sees."""
