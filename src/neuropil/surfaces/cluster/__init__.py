"""Many jobs, a long training, or the studio for many people, on the machines of a Ray cluster."""
