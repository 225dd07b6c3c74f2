"""Sound: recordings from files and to files, their loudness, spectra and mixtures."""
