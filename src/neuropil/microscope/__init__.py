"""Any neuron of any network opened: what went in, what came out, and the arithmetic between."""
