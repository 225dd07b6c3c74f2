"""Move a face's lips to speech, with the same person's mouth.

learn: Learn how sound moves a person's mouth.
cues: Find mouth-shape cues for animators.
measure: Measure how sound and lips of a film fit.
"""
