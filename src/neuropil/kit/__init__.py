"""What running needs: values such as pictures and films, weights, progress; no torch."""
