"""What the networks of lip synchronization learn from, and how."""
