"""Move a face's lips to speech, with the same person's mouths.

learn: Learn how sound moves a person's mouth, from a film.
cues: Find mouth-shape cues for animators, nine mouths.
measure: Measure how the lips and the sound of a film fit.
"""
