"""Drive a car around a track by what its camera sees.

predict: Predict the controls for every frame of a film.
"""
