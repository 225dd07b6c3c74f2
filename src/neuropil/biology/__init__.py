"""The neuron that the artificial one was modelled on, in NumPy: membrane, cable, cell, learning.

    trace = simulate([0.2, 0.9], [4.0, -2.0])      # spikes in, dendrites, soma, axon, next cell
    trace.firing_rate, trace.z, trace.a            # and the artificial neuron on the same inputs

docs/biology.md says in which order the files are meant to be read.
"""

from neuropil.biology.axon import conduct as conduct
from neuropil.biology.firing import f_I_curve as f_I_curve
from neuropil.biology.lif import LeakyIntegrateAndFire as LeakyIntegrateAndFire
from neuropil.biology.membrane import SQUID as SQUID
from neuropil.biology.membrane import Membrane as Membrane
from neuropil.biology.neuron import NeuronRecording as NeuronRecording
from neuropil.biology.neuron import firing_rates as firing_rates
from neuropil.biology.neuron import simulate as simulate
from neuropil.biology.plasticity import STDP as STDP
