"""Works out a neuron, a layer or a network by hand: forward, backward, and the living one."""
