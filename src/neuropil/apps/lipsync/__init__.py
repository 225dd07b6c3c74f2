"""Move a face's lips to speech, with real mouth frames of the same person."""
