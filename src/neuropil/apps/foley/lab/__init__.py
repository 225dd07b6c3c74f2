"""What learns and measures the networks that listen, look at scenes and find onsets."""
