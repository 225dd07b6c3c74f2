"""Put a sound under a film.

index: Measure a folder of sounds.
"""
