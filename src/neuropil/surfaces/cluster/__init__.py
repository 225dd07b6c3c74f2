"""Many jobs, or a long training, on the machines of a Ray cluster."""
