"""The command line: `neuropil colorize old.jpg`."""
