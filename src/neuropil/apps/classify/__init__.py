"""Say what is in a picture, also in classes of your own."""
