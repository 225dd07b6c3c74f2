"""Every operation by its name, whichever file it is written in.

tensor      the graph of what was computed from what; arithmetic, reductions, shape
neural      affine, activations, normalization, losses
space       convolution, pooling, resizing
recurrence  steps through time

    from neuropil.core import operations as ops
    ops.relu(ops.conv(x, w, b, padding=1))
"""

from neuropil.core.neural import absolute_error as absolute_error
from neuropil.core.neural import affine as affine
from neuropil.core.neural import batch_norm as batch_norm
from neuropil.core.neural import binary_cross_entropy as binary_cross_entropy
from neuropil.core.neural import cross_entropy as cross_entropy
from neuropil.core.neural import dropout as dropout
from neuropil.core.neural import elu as elu
from neuropil.core.neural import gelu as gelu
from neuropil.core.neural import group_norm as group_norm
from neuropil.core.neural import half_squared_error as half_squared_error
from neuropil.core.neural import hardswish as hardswish
from neuropil.core.neural import heaviside as heaviside
from neuropil.core.neural import huber as huber
from neuropil.core.neural import instance_norm as instance_norm
from neuropil.core.neural import layer_norm as layer_norm
from neuropil.core.neural import leaky_relu as leaky_relu
from neuropil.core.neural import log_loss as log_loss
from neuropil.core.neural import log_softmax as log_softmax
from neuropil.core.neural import relu as relu
from neuropil.core.neural import sigmoid as sigmoid
from neuropil.core.neural import silu as silu
from neuropil.core.neural import softmax as softmax
from neuropil.core.neural import softmax_loss as softmax_loss
from neuropil.core.neural import softplus as softplus
from neuropil.core.neural import squared_error as squared_error
from neuropil.core.neural import tanh as tanh
from neuropil.core.recurrence import gru_cell as gru_cell
from neuropil.core.recurrence import lstm as lstm
from neuropil.core.recurrence import lstm_cell as lstm_cell
from neuropil.core.recurrence import lstm_step as lstm_step
from neuropil.core.space import average_pool as average_pool
from neuropil.core.space import conv as conv
from neuropil.core.space import conv_transpose as conv_transpose
from neuropil.core.space import global_average_pool as global_average_pool
from neuropil.core.space import max_pool as max_pool
from neuropil.core.space import resize as resize
from neuropil.core.tensor import abs as abs
from neuropil.core.tensor import add as add
from neuropil.core.tensor import concat as concat
from neuropil.core.tensor import divide as divide
from neuropil.core.tensor import exp as exp
from neuropil.core.tensor import index as index
from neuropil.core.tensor import log as log
from neuropil.core.tensor import matmul as matmul
from neuropil.core.tensor import max as max
from neuropil.core.tensor import maximum as maximum
from neuropil.core.tensor import mean as mean
from neuropil.core.tensor import minimum as minimum
from neuropil.core.tensor import multiply as multiply
from neuropil.core.tensor import negative as negative
from neuropil.core.tensor import pad as pad
from neuropil.core.tensor import power as power
from neuropil.core.tensor import reshape as reshape
from neuropil.core.tensor import sqrt as sqrt
from neuropil.core.tensor import stack as stack
from neuropil.core.tensor import subtract as subtract
from neuropil.core.tensor import sum as sum
from neuropil.core.tensor import take as take
from neuropil.core.tensor import transpose as transpose
