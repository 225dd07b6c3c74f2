"""Pictures, films and documents: values that come from files and go to files."""
