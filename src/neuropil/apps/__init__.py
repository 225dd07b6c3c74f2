"""The applications: one folder each, the same files in every one."""
