"""Many jobs, a long training, or the studio for many, on the machines of a Ray cluster."""
