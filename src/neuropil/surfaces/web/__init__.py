"""The studio: a local web page where every application runs and every number opens."""
