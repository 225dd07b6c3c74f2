"""The studio on a Ray cluster, for those who run it for many."""
