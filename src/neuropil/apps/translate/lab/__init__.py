"""What the translator learns from, and how."""
