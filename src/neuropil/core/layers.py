"""Layers: operations together with what they learn, under torch's names and in torch's shapes.

    N  examples      F, J  features in, out      C, D  channels in, out      *S  spatial axes
    T  steps         H  hidden units             K  kernel

A layer is called with a tensor or an array and gives a tensor. The network that it is put into
draws its parameters, from the network's seed; before that it has none, so that no two layers of a
network ever start equal by accident.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from neuropil.core import operations as ops
from neuropil.core.tensor import Array, Input, Tensor

Shape = tuple[int, ...]


@dataclass(eq=False)
class Layer(ABC):
    """A part of a network; the fields of its class are its settings."""

    name: ClassVar[str]

    @abstractmethod
    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Compute the layer; some layers differ while training."""

    def parameter_shapes(self) -> dict[str, Shape]:
        """List the parameters' shapes by their names."""
        return {}

    def parameters(self) -> dict[str, Tensor]:
        """List what is learned, by its name."""
        return {name: getattr(self, name) for name in self.parameter_shapes()}

    def buffers(self) -> dict[str, Array]:
        """List what is kept besides, but not by the gradient: running statistics."""
        return {}

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """Draw the parameters anew, uniformly within ± 1 / √(inputs of a unit)."""
        for name, shape in self.parameter_shapes().items():
            if min(shape) < 1:
                raise ValueError(f"{self}: its {name} would be {shape}; every size is at least 1")
            # A sum of F products w x with x of size 1 and w within ± 1/√F has a standard deviation
            # of about √(F · 1/(3F)) = 0.6, whatever F is: neurons start neither dead nor saturated.
            reach = 1 / sqrt(self.fan_in())
            self.set_parameter(name, rng.uniform(-reach, reach, shape).astype(dtype))

    def fan_in(self) -> int:
        """Count the inputs of a unit."""
        return 1

    def is_initialized(self) -> bool:
        """Tell whether there are parameters yet."""
        return all(name in self.__dict__ for name in self.parameter_shapes())

    def set_parameter(self, name: str, value: Array) -> None:
        """Set a parameter, or what is kept besides."""
        learned = name in self.parameter_shapes()
        # What is learned remembers its gradient; running statistics follow the data by themselves.
        self.__dict__[name] = Tensor(value, requires_grad=True) if learned else value

    def __getattr__(self, name: str) -> Any:
        # Python comes here only for what is not there: a parameter is found without it once drawn.
        if name.startswith("_") or name not in self.parameter_shapes():
            raise AttributeError(f"{type(self).__name__} has no {name}")
        raise AttributeError(f"{self} has no {name} yet: a Network draws it, set_parameter sets it")


# ---- layers of weights --------------------------------------------------------------------------


@dataclass(eq=False)
class Dense(Layer):
    """Every output is a neuron on all inputs: (..., F) to (..., J) by y = x wᵀ + b."""

    name = "dense"
    n_in: int
    n_out: int
    has_bias: bool = True

    def parameter_shapes(self) -> dict[str, Shape]:
        """Name weight (J, F) and bias (J)."""
        bias = {"bias": (self.n_out,)} if self.has_bias else {}
        return {"weight": (self.n_out, self.n_in), **bias}  # row j: the weights of neuron j

    def fan_in(self) -> int:
        """Count the features in."""
        return self.n_in

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Weigh and add."""
        # Two of them with no activation function between are no more than one: the product of two
        # matrices is a matrix (`Network.fold_linear`).
        return ops.affine(x, self.weight, self.bias if self.has_bias else None)


@dataclass(eq=False)
class Conv2d(Layer):
    """A neuron that looks at K × K pixels, the same one everywhere: (N, C, *S) to (N, D, *T)."""

    name = "convolution"
    n_in: int
    n_out: int
    kernel: int | Shape
    stride: int | Shape = 1
    padding: int | Shape = 0
    dilation: int | Shape = 1
    groups: int = 1
    has_bias: bool = True
    n_axes: ClassVar[int] = 2

    def parameter_shapes(self) -> dict[str, Shape]:
        """Name weight (D, C / groups, *K) and bias (D)."""
        # One kernel for each pair of channels, not for each place: a K × K filter that is useful
        # somewhere is useful everywhere, and D C K² weights do for a picture of any size.
        kernel = (self.kernel,) * self.n_axes if isinstance(self.kernel, int) else self.kernel
        bias = {"bias": (self.n_out,)} if self.has_bias else {}
        # With G groups a channel out sees C / G channels in: G = C is a filter for each channel.
        return {"weight": (self.n_out, self.n_in // self.groups, *kernel), **bias}

    def fan_in(self) -> int:
        """Count the inputs of a unit: channels × pixels."""
        return prod(self.parameter_shapes()["weight"][1:])

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Convolve."""
        bias = self.bias if self.has_bias else None
        where = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        return ops.conv(x, self.weight, bias, groups=self.groups, **where)


@dataclass(eq=False)
class Conv1d(Conv2d):
    """A neuron that looks at K steps, the same one everywhere: (N, C, S) to (N, D, T)."""

    n_axes: ClassVar[int] = 1


@dataclass(eq=False)
class ConvTranspose2d(Layer):
    """A convolution turned round, which enlarges: (N, C, *S) to (N, D, *T)."""

    name = "transposed convolution"
    n_in: int
    n_out: int
    kernel: int | Shape
    stride: int | Shape = 1
    padding: int | Shape = 0
    output_padding: int | Shape = 0
    groups: int = 1
    has_bias: bool = True

    def parameter_shapes(self) -> dict[str, Shape]:
        """Name weight (C, D / groups, *K) and bias (D)."""
        kernel = (self.kernel,) * 2 if isinstance(self.kernel, int) else self.kernel
        bias = {"bias": (self.n_out,)} if self.has_bias else {}
        # As in the convolution whose derivative it is: that one's channels out come first.
        return {"weight": (self.n_in, self.n_out // self.groups, *kernel), **bias}

    def fan_in(self) -> int:
        """Count as torch does: channels out × pixels."""
        return prod(self.parameter_shapes()["weight"][1:])

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Spread."""
        # Each x_i is painted with the whole kernel at s i: T pixels become about s T.
        bias = self.bias if self.has_bias else None
        where = {"stride": self.stride, "padding": self.padding}
        more = {"output_padding": self.output_padding, "groups": self.groups}
        return ops.conv_transpose(x, self.weight, bias, **where, **more)


@dataclass(eq=False)
class Embedding(Layer):
    """A row of numbers for each of n things: integers of any shape to (..., J)."""

    name = "embedding"
    n_embeddings: int
    n_out: int

    def parameter_shapes(self) -> dict[str, Shape]:
        """Name weight (n_things, J)."""
        return {"weight": (self.n_embeddings, self.n_out)}

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """Draw from the normal distribution."""
        self.set_parameter(
            "weight", rng.standard_normal((self.n_embeddings, self.n_out)).astype(dtype)
        )

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Look up."""
        # The product of a one-hot x with the weights, without its zeros.
        return ops.take(self.weight, x)


@dataclass(eq=False)
class LSTM(Layer):
    """Reads a sequence with a memory: (N, T, F) to the hidden state after each step, (N, T, H)."""

    name = "lstm"
    n_in: int
    n_hidden: int

    def parameter_shapes(self) -> dict[str, Shape]:
        """Name the weights from the input and from the state, four gates (4H) each."""
        gates = 4 * self.n_hidden  # i, f, g, o below each other: one product computes all four
        weights = {"weight_ih_l0": (gates, self.n_in), "weight_hh_l0": (gates, self.n_hidden)}
        return {**weights, "bias_ih_l0": (gates,), "bias_hh_l0": (gates,)}

    # torch draws all four of these within ± 1/√H, those from the input too.
    def fan_in(self) -> int:
        """Count the hidden units, as torch does."""
        return self.n_hidden

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Read from the state 0."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        if x.ndim != 3 or x.shape[2] != self.n_in:
            raise ValueError(f"sequences (N, T, {self.n_in}) are needed, not {x.shape}")
        first = np.zeros((2, len(x), self.n_hidden), x.dtype)  # h and c before the first step
        states = ops.lstm(x.transpose(1, 0, 2), first, *self.parameters().values())  # (T, 2, N, H)
        return states[:, 0].transpose(1, 0, 2)  # h alone: c is the layer's own memory


@dataclass(eq=False)
class LastStep(Layer):
    """What was known after the last step: (N, T, H) to (N, H)."""

    name = "last step"

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Take the last of T."""
        return ops.index(x, at=(slice(None), -1))  # what an LSTM knows when it has read to the end


# ---- normalization ------------------------------------------------------------------------------


@dataclass(eq=False)
class _Norm(Layer):
    """Normalizes channels, then scales and shifts them by what it learns."""

    n_channels: int

    def parameter_shapes(self) -> dict[str, Shape]:
        """Name weight and bias (C)."""
        return {"weight": (self.n_channels,), "bias": (self.n_channels,)}

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """Begin with scale 1 and shift 0."""
        # y = z w + b = z: the layer begins by only normalizing, and learns what else is good.
        self.set_parameter("weight", np.ones(self.n_channels, dtype))
        self.set_parameter("bias", np.zeros(self.n_channels, dtype))


@dataclass(eq=False)
class BatchNorm(_Norm):
    """Normalizes each channel of (N, C, ...) over the batch; later by running statistics."""

    name = "batch norm"
    momentum: float = 0.1

    def __post_init__(self) -> None:
        # Until something has been seen: z = (x - 0) / 1, which leaves x as it is.
        self.running_mean = np.zeros(self.n_channels, np.float32)
        self.running_var = np.ones(self.n_channels, np.float32)

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """Begin with scale 1, shift 0, mean 0 and variance 1."""
        super().initialize(rng, dtype)
        self.running_mean = self.running_mean.astype(dtype)
        self.running_var = self.running_var.astype(dtype)

    def buffers(self) -> dict[str, Array]:
        """List the running statistics (C)."""
        return {"running_mean": self.running_mean, "running_var": self.running_var}

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Normalize, and while training remember."""
        w, b = self.weight, self.bias
        # A single example has no batch to be compared with, so what was seen in training stands in;
        # and an answer does not depend on what else is asked at the same time.
        if not training:
            return ops.batch_norm(x, w, b, self.running_mean, self.running_var)
        self._remember(x.value if isinstance(x, Tensor) else np.asarray(x))
        return ops.batch_norm(x, w, b)

    def _remember(self, x: Array) -> None:
        axes = (0, *range(2, x.ndim))
        n = x.size // x.shape[1]
        if n < 2:
            # (x - mean) / sd = 0 / 0
            raise ValueError("a batch of one number per channel has no variance: use more examples")
        for old, new in (
            (self.running_mean, x.mean(axes)),
            (self.running_var, x.var(axes) * (n / (n - 1))),  # Σ (x - mean)² / (n - 1): unbiased
        ):
            old += self.momentum * (new - old)  # an exponential mean: 0.9 old + 0.1 new


@dataclass(eq=False)
class LayerNorm(_Norm):
    """Normalizes the features of each example: (..., C)."""

    name = "layer norm"

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Normalize."""
        # Each example by itself: the same in training and after it, and for batches of one.
        return ops.layer_norm(x, self.weight, self.bias)


@dataclass(eq=False)
class GroupNorm(_Norm):
    """Normalizes groups of channels of each example: (N, C, ...)."""

    name = "group norm"
    groups: int = 1

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Normalize."""
        # Between the two others: no batch is needed, and each group of channels has its own scale.
        return ops.group_norm(x, self.weight, self.bias, groups=self.groups)


# ---- layers that only rearrange -----------------------------------------------------------------


@dataclass(eq=False)
class MaxPool(Layer):
    """Keeps the largest of each window of (N, C, *S)."""

    name = "max pool"
    kernel: int | Shape
    stride: int | Shape | None = None
    padding: int | Shape = 0

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Pool."""
        # Whether a feature is somewhere in the window, not where: small shifts change nothing.
        return ops.max_pool(x, kernel=self.kernel, stride=self.stride, padding=self.padding)


@dataclass(eq=False)
class AveragePool(Layer):
    """Averages each window of (N, C, *S)."""

    name = "average pool"
    kernel: int | Shape
    stride: int | Shape | None = None
    padding: int | Shape = 0

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Pool."""
        # All of the window counts, so that all of it learns: dy/dx = 1 / area for each pixel.
        return ops.average_pool(x, kernel=self.kernel, stride=self.stride, padding=self.padding)


@dataclass(eq=False)
class GlobalAveragePool(Layer):
    """Averages over all places: (N, C, *S) to (N, C)."""

    name = "mean over space"

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Average."""
        return ops.global_average_pool(x)  # what is in the picture, no longer where; of any size


@dataclass(eq=False)
class Flatten(Layer):
    """Lays all that belongs to an example end to end: (N, ...) to (N, F)."""

    name = "flatten"

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Reshape."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        return x.reshape(len(x), -1) if x.ndim != 2 else x  # the axis of examples stays


@dataclass(eq=False)
class Dropout(Layer):
    """While training, drops each number with chance `rate` and makes up for it in the others."""

    name = "dropout"
    rate: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            # What is left is divided by 1 - rate.
            raise ValueError(f"Dropout({self.rate}): a chance from 0 to below 1 is needed")
        self.rng = np.random.default_rng(0)

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike) -> None:
        """Draw masks from now on from a seed that the network draws."""
        # A stream of its own: with the network's seed the masks are the same in every run.
        self.rng = np.random.default_rng(int(rng.integers(2**32)))

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Drop."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        if not training or not self.rate:
            return x  # all neurons at work; `ops.dropout` has kept the mean of their sums the same
        return ops.dropout(x, mask=self.rng.random(x.shape) >= self.rate, rate=self.rate)


# ---- activations: one function of each number, or of each example's numbers, a line each ---------


class _Activation(Layer):
    """A layer without weights: a = f(z)."""

    function: ClassVar[Callable[..., Tensor]]

    def __init_subclass__(cls, name: str, function: Callable[..., Tensor]) -> None:
        # Settings of the class, not of a layer: an activation has nothing to set or to learn.
        cls.name, cls.function = name, function

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Apply the function."""
        return type(self).function(x)


def _to_tensor(x: Input) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x)


class Identity(_Activation, name="identity", function=_to_tensor):
    """Changes nothing: a = z."""


class Sigmoid(_Activation, name="sigmoid", function=ops.sigmoid):
    """Squashes to 0 ... 1: a = 1 / (1 + e⁻ᶻ)."""


class Tanh(_Activation, name="tanh", function=ops.tanh):
    """Squashes to -1 ... 1: a = tanh z."""


class ReLU(_Activation, name="relu", function=ops.relu):
    """Rectifies: a = max(z, 0)."""


class Heaviside(_Activation, name="heaviside", function=ops.heaviside):
    """Steps: a = 1 where z ≥ 0, else 0. Its slope is 0, so that nothing is learned through it."""


class LeakyReLU(_Activation, name="leaky relu", function=ops.leaky_relu):
    """Rectifies with a leak: a = z, or 0.01 z where z < 0."""


class ELU(_Activation, name="elu", function=ops.elu):
    """Rectifies softly: a = z, or eᶻ - 1 where z < 0."""


class GELU(_Activation, name="gelu", function=ops.gelu):
    """Weighs z by the chance that a normal number is below it."""


class SiLU(_Activation, name="silu", function=ops.silu):
    """Weighs z by its own sigmoid."""


class Softplus(_Activation, name="softplus", function=ops.softplus):
    """Rectifies smoothly: a = ln(1 + eᶻ)."""


class Hardswish(_Activation, name="hardswish", function=ops.hardswish):
    """Weighs z by a straight-line sigmoid."""


class Softmax(_Activation, name="softmax", function=ops.softmax):
    """Makes shares of 1 of the last axis."""
