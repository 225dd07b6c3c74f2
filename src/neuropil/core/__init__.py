"""Deep learning from first principles, in NumPy alone: each file a chapter.

    tensor      the graph of what was computed from what, and the way back through it
    neural      affine, activations, normalization, losses: formula and derivatives side by side
    space       convolution, pooling, resizing      recurrence      steps through time
    layers      operations with what they learn     nn              a network, and learning
    optim       how weights move                    opening, neuron  one neuron, written out

Seven lines that learn to read handwritten digits, in a second, and open one of the neurons:

    from neuropil.core import Adam, Dense, Network, Sigmoid, digits, open_neuron

    data = digits()
    network = Network(Dense(64, 32), Sigmoid(), Dense(32, 10), seed=0)
    curve = network.fit(data.x_train, data.y_train, optimizer=Adam(rate=0.01))
    print(curve)
    print(network.accuracy(data.x_test, data.y_test))
    print(open_neuron(network, data.x_test[0], layer=0, unit=5, target=data.y_test[0]))
"""

from neuropil.core import operations as operations
from neuropil.core.digits import Digits as Digits
from neuropil.core.digits import digits as digits
from neuropil.core.history import History as History
from neuropil.core.layers import ELU as ELU
from neuropil.core.layers import GELU as GELU
from neuropil.core.layers import LSTM as LSTM
from neuropil.core.layers import AveragePool as AveragePool
from neuropil.core.layers import BatchNorm as BatchNorm
from neuropil.core.layers import Conv1d as Conv1d
from neuropil.core.layers import Conv2d as Conv2d
from neuropil.core.layers import ConvTranspose2d as ConvTranspose2d
from neuropil.core.layers import Dense as Dense
from neuropil.core.layers import Dropout as Dropout
from neuropil.core.layers import Embedding as Embedding
from neuropil.core.layers import Flatten as Flatten
from neuropil.core.layers import GlobalAveragePool as GlobalAveragePool
from neuropil.core.layers import GroupNorm as GroupNorm
from neuropil.core.layers import Hardswish as Hardswish
from neuropil.core.layers import Heaviside as Heaviside
from neuropil.core.layers import Identity as Identity
from neuropil.core.layers import LastStep as LastStep
from neuropil.core.layers import Layer as Layer
from neuropil.core.layers import LayerNorm as LayerNorm
from neuropil.core.layers import LeakyReLU as LeakyReLU
from neuropil.core.layers import MaxPool as MaxPool
from neuropil.core.layers import ReLU as ReLU
from neuropil.core.layers import Sigmoid as Sigmoid
from neuropil.core.layers import SiLU as SiLU
from neuropil.core.layers import Softmax as Softmax
from neuropil.core.layers import Softplus as Softplus
from neuropil.core.layers import Tanh as Tanh
from neuropil.core.neural import absolute_error as absolute_error
from neuropil.core.neural import binary_cross_entropy as binary_cross_entropy
from neuropil.core.neural import cross_entropy as cross_entropy
from neuropil.core.neural import half_squared_error as half_squared_error
from neuropil.core.neural import huber as huber
from neuropil.core.neural import log_loss as log_loss
from neuropil.core.neural import softmax_loss as softmax_loss
from neuropil.core.neural import squared_error as squared_error
from neuropil.core.neuron import NeuronRecord as NeuronRecord
from neuropil.core.nn import Network as Network
from neuropil.core.opening import open_neuron as open_neuron
from neuropil.core.optim import SGD as SGD
from neuropil.core.optim import Adam as Adam
from neuropil.core.optim import Momentum as Momentum
from neuropil.core.optim import Optimizer as Optimizer
from neuropil.core.optim import constant as constant
from neuropil.core.optim import cosine as cosine
from neuropil.core.optim import step_decay as step_decay
from neuropil.core.optim import warm_up as warm_up
from neuropil.core.tensor import Tensor as Tensor
from neuropil.core.tensor import operation as operation
