"""Every operation against torch, forward and backward, and against central differences."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import DTypeLike
from torch.nn import functional as F

from neuropil.core import operations as ops
from neuropil.core.tensor import Array, Tensor

Shape = tuple[int, ...]
Function = Callable[..., Any]

LABELS = np.array([2, 0, 4])
LABEL_MAP = np.array([[[0, 1], [2, 3]], [[3, 3], [0, 2]]])
ROWS = np.array([[0, 2], [2, 1]])
MASK = np.array([[1, 0, 1], [0, 1, 1]])
MEAN, VARIANCE = np.array([0.1, -0.2, 0.4]), np.array([1.1, 0.3, 2.0])
T = torch.tensor


@dataclass(frozen=True)
class Case:
    """One line: the operation's name and what is special, ours, torch's, shapes of the inputs."""

    name: str
    ours: Function
    theirs: Function
    shapes: tuple[Shape, ...]
    positive: bool = False  # inputs, because the formula asks for it


def lstm_states(cell: bool) -> Function:
    """Run torch's LSTM cell over a sequence, or once; states are h and c together."""

    def run(x: Any, state: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
        h, c = state
        states = []
        for step in [x] if cell else x:
            h, c = torch._VF.lstm_cell(step, (h, c), w_ih, w_hh, b_ih, b_hh)
            states.append(torch.stack((h, c)))
        return states[0] if cell else torch.stack(states)

    return run


def onnx_step(z: Any, c: Any) -> Any:
    """Take the step that ONNX describes, gates in the order i, o, f, c."""
    i, o, f, g = z.chunk(4, dim=1)
    new = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.stack((torch.sigmoid(o) * torch.tanh(new), new))


def gru(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """Run torch's GRU cell once."""
    return torch._VF.gru_cell(x, h, w_ih, w_hh, b_ih, b_hh)


def conv_sides(x: Any, w: Any) -> Any:
    """Pad unevenly, then convolve."""
    return F.conv2d(F.pad(x, (1, 0, 2, 1)), w)


A, B = (2, 3), (3, 4)
IMAGE, KERNEL = (2, 3, 7, 6), (4, 3, 3, 2)
GATES = ((8, 3), (8, 2), (8,), (8,))
CHANNELS = ((2, 3, 4, 5), (3,), (3,))
TABLE = [
    Case("add", ops.add, torch.add, (A, A)),
    Case("add, broadcast", ops.add, torch.add, (A, (3,))),
    Case("add, broadcast both", ops.add, torch.add, ((4, 1, 3), (2, 1))),
    Case("add, to a number", lambda a: 2 + a, lambda a: 2 + a, (A,)),
    Case("subtract", ops.subtract, torch.subtract, (A, (2, 1))),
    Case("subtract, from a number", lambda a: 2 - a, lambda a: 2 - a, (A,)),
    Case("multiply", ops.multiply, torch.multiply, (A, (1, 3))),
    Case("multiply, with itself", lambda a: a * a, lambda a: a * a, (A,)),
    Case("divide", ops.divide, torch.divide, (A, ()), positive=True),
    Case("divide, a number", lambda a: 2 / a, lambda a: 2 / a, (A,), positive=True),
    Case("power", ops.power, torch.pow, (A, (3,)), positive=True),
    Case("power, of 3", lambda a: a**3, lambda a: a**3, (A,)),
    Case("negative", lambda a: -a, lambda a: -a, (A,)),
    Case("exp", ops.exp, torch.exp, (A,)),
    Case("log", ops.log, torch.log, (A,), positive=True),
    Case("sqrt", ops.sqrt, torch.sqrt, (A,), positive=True),
    Case("abs", ops.abs, torch.abs, (A,)),
    Case("maximum", ops.maximum, torch.maximum, (A, A)),
    Case("maximum, of a number", lambda a: ops.maximum(a, 0.3), lambda a: a.clamp(min=0.3), (A,)),
    Case("minimum", ops.minimum, torch.minimum, (A, (3,))),
    Case("matmul", lambda a, b: a @ b, torch.matmul, (A, B)),
    Case("matmul, batched", ops.matmul, torch.matmul, ((5, 1, 2, 3), (4, 3, 2))),
    Case("sum", ops.sum, torch.sum, (A,)),
    Case("sum, axis", lambda a: a.sum(axis=1), lambda a: a.sum(1), (A,)),
    Case(
        "sum, axes kept", lambda a: a.sum((0, 2), True), lambda a: a.sum((0, 2), True), ((2, 3, 4),)
    ),
    Case("mean", lambda a: a.mean(), torch.mean, (A,)),
    Case("mean, axes", lambda a: a.mean((0, -1)), lambda a: a.mean((0, -1)), ((2, 3, 4),)),
    Case("max", lambda a: a.max(), torch.max, (A,)),
    Case("max, axis", lambda a: a.max(axis=-1), lambda a: a.amax(-1), (A,)),
    Case("max, axes kept", lambda a: a.max((0, 1), True), lambda a: a.amax((0, 1), True), (A,)),
    Case("reshape", lambda a: a.reshape(3, -1), lambda a: a.reshape(3, -1), (A,)),
    Case("transpose", lambda a: a.transpose(), lambda a: a.T, (A,)),
    Case(
        "transpose, axes",
        lambda a: a.transpose(1, -1, 0),
        lambda a: a.permute(1, -1, 0),
        ((2, 3, 4),),
    ),
    Case("index", lambda a: a[1], lambda a: a[1], (A,)),
    Case("index, slices", lambda a: a[..., 1:, None], lambda a: a[..., 1:, None], ((2, 3, 4),)),
    Case("index, rows twice", lambda a: a[ROWS], lambda a: a[T(ROWS)], ((3, 2),)),
    Case("take", lambda t: ops.take(t, ROWS), lambda t: F.embedding(T(ROWS), t), ((3, 4),)),
    Case("concat", ops.concat, lambda *xs: torch.cat(xs), (A, (1, 3), A)),
    Case(
        "concat, axis",
        lambda *xs: ops.concat(*xs, axis=-1),
        lambda *xs: torch.cat(xs, -1),
        (A, (2, 1)),
    ),
    Case("stack", lambda *xs: ops.stack(*xs, axis=1), lambda *xs: torch.stack(xs, 1), (A, A, A)),
    Case(
        "pad",
        lambda x: ops.pad(x, widths=((1, 0), (2, -1)), value=0.5),
        lambda x: F.pad(x, (2, -1, 1, 0), value=0.5),
        (A,),
    ),
    Case("affine", ops.affine, F.linear, (A, (4, 3), (4,))),
    Case("affine, no bias, more axes", ops.affine, F.linear, ((5, 2, 3), (4, 3))),
    Case("relu", ops.relu, F.relu, (A,)),
    Case("leaky_relu", ops.leaky_relu, F.leaky_relu, (A,)),
    Case("elu", ops.elu, F.elu, (A,)),
    Case("sigmoid", ops.sigmoid, torch.sigmoid, (A,)),
    Case("tanh", ops.tanh, torch.tanh, (A,)),
    Case("gelu", ops.gelu, F.gelu, (A,)),
    Case(
        "gelu, by tanh",
        lambda x: ops.gelu(x, approximate=True),
        lambda x: F.gelu(x, approximate="tanh"),
        (A,),
    ),
    Case("silu", ops.silu, F.silu, (A,)),
    Case("softplus", ops.softplus, F.softplus, (A,)),
    Case(
        "heaviside",
        lambda x: ops.heaviside(x),
        lambda x: (x >= 0).to(x.dtype) + 0 * x,  # torch has no slope there: ours is 0
        ((4, 5),),
    ),
    Case("hardswish", lambda x: ops.hardswish(3 * x), lambda x: F.hardswish(3 * x), ((4, 5),)),
    Case("softmax", ops.softmax, lambda x: F.softmax(x, -1), (A,)),
    Case(
        "softmax, axis", lambda x: ops.softmax(x, axis=1), lambda x: F.softmax(x, 1), ((2, 3, 4),)
    ),
    Case("log_softmax", ops.log_softmax, lambda x: F.log_softmax(x, -1), (A,)),
    Case(
        "dropout",
        lambda x: ops.dropout(x, mask=MASK, rate=0.25),
        lambda x: x * T(MASK) / 0.75,
        (A,),
    ),
    Case(
        "batch_norm",
        ops.batch_norm,
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        CHANNELS,
    ),
    Case(
        "batch_norm, given statistics",
        lambda x, w, b: ops.batch_norm(x, w, b, MEAN.astype(x.dtype), VARIANCE.astype(x.dtype)),
        lambda x, w, b: F.batch_norm(x, T(MEAN).to(x), T(VARIANCE).to(x), w, b),
        ((4, 3), (3,), (3,)),
    ),
    Case(
        "layer_norm",
        ops.layer_norm,
        lambda x, w, b: F.layer_norm(x, w.shape, w, b),
        ((2, 3, 4), (4,), (4,)),
    ),
    Case(
        "layer_norm, two axes",
        ops.layer_norm,
        lambda x, w, b: F.layer_norm(x, w.shape, w, b),
        ((2, 3, 4), (3, 4), (3, 4)),
    ),
    Case(
        "group_norm",
        lambda x, w, b: ops.group_norm(x, w, b, groups=2),
        lambda x, w, b: F.group_norm(x, 2, w, b),
        ((2, 4, 3, 5), (4,), (4,)),
    ),
    Case(
        "instance_norm",
        ops.instance_norm,
        lambda x, w, b: F.instance_norm(x, weight=w, bias=b),
        CHANNELS,
    ),
    Case("conv", ops.conv, F.conv2d, (IMAGE, KERNEL, (4,))),
    Case("conv, along time", ops.conv, F.conv1d, ((2, 3, 9), (4, 3, 3), (4,))),
    Case(
        "conv, in three axes",
        lambda x, w: ops.conv(x, w, stride=2),
        lambda x, w: F.conv3d(x, w, stride=2),
        ((1, 2, 4, 5, 3), (3, 2, 2, 2, 2)),
    ),
    Case(
        "conv, everything",
        lambda x, w, b: ops.conv(x, w, b, stride=(2, 1), padding=(2, 1), dilation=(1, 2), groups=2),
        lambda x, w, b: F.conv2d(x, w, b, (2, 1), (2, 1), (1, 2), 2),
        ((2, 4, 7, 6), (6, 2, 3, 2), (6,)),
    ),
    Case(
        "conv, each channel alone",
        lambda x, w: ops.conv(x, w, padding=1, groups=3),
        lambda x, w: F.conv2d(x, w, padding=1, groups=3),
        (IMAGE, (3, 1, 3, 3)),
    ),
    Case(
        "conv, uneven padding",
        lambda x, w: ops.conv(x, w, padding=((2, 1), (1, 0))),
        conv_sides,
        (IMAGE, KERNEL),
    ),
    Case("conv_transpose", ops.conv_transpose, F.conv_transpose2d, (IMAGE, (3, 4, 3, 2), (4,))),
    Case(
        "conv_transpose, everything",
        lambda x, w, b: ops.conv_transpose(
            x, w, b, stride=(3, 2), padding=1, output_padding=(2, 1), dilation=(1, 2), groups=2
        ),
        lambda x, w, b: F.conv_transpose2d(x, w, b, (3, 2), 1, (2, 1), 2, (1, 2)),
        ((2, 4, 5, 3), (4, 3, 3, 2), (6,)),
    ),
    Case("max_pool", lambda x: ops.max_pool(x, kernel=2), lambda x: F.max_pool2d(x, 2), (IMAGE,)),
    Case(
        "max_pool, overlapping",
        lambda x: ops.max_pool(x, kernel=(3, 2), stride=1, padding=1),
        lambda x: F.max_pool2d(x, (3, 2), 1, 1),
        (IMAGE,),
    ),
    Case(
        "average_pool",
        lambda x: ops.average_pool(x, kernel=2),
        lambda x: F.avg_pool2d(x, 2),
        (IMAGE,),
    ),
    Case(
        "average_pool, padded",
        lambda x: ops.average_pool(x, kernel=3, stride=2, padding=1),
        lambda x: F.avg_pool2d(x, 3, 2, 1),
        (IMAGE,),
    ),
    Case(
        "average_pool, padding not counted",
        lambda x: ops.average_pool(x, kernel=3, stride=2, padding=1, count_include_pad=False),
        lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
        (IMAGE,),
    ),
    Case("global_average_pool", ops.global_average_pool, lambda x: x.mean((2, 3)), (IMAGE,)),
    Case(
        "resize",
        lambda x: ops.resize(x, size=(9, 4)),
        lambda x: F.interpolate(x, (9, 4), mode="bilinear"),
        (IMAGE,),
    ),
    Case(
        "resize, aligned corners",
        lambda x: ops.resize(x, size=(13, 1), align_corners=True),
        lambda x: F.interpolate(x, (13, 1), mode="bilinear", align_corners=True),
        (IMAGE,),
    ),
    Case(
        "resize, nearest",
        lambda x: ops.resize(x, size=(10, 4), how="nearest"),
        lambda x: F.interpolate(x, (10, 4)),
        (IMAGE,),
    ),
    Case("lstm_cell", ops.lstm_cell, lstm_states(cell=True), ((5, 3), (2, 5, 2), *GATES)),
    Case("lstm", ops.lstm, lstm_states(cell=False), ((4, 5, 3), (2, 5, 2), *GATES)),
    Case(
        "lstm_step, gates as in ONNX",
        lambda z, c: ops.lstm_step(z, c, order="iofg"),
        onnx_step,
        ((5, 8), (5, 2)),
    ),
    Case("gru_cell", ops.gru_cell, gru, ((5, 3), (5, 2), (6, 3), (6, 2), (6,), (6,))),
    Case("squared_error", ops.squared_error, F.mse_loss, (A, A)),
    Case(
        "half_squared_error",
        ops.half_squared_error,
        lambda a, b: F.mse_loss(a, b, reduction="sum") / 2,
        (A, A),
    ),
    Case(
        "log_loss",
        lambda a, t: ops.log_loss(ops.sigmoid(a), t),
        lambda a, t: (F.softplus(a) - t * a).sum(),
        (A, A),
    ),
    Case(
        "softmax_loss",
        ops.softmax_loss,
        lambda a, t: -(t * F.log_softmax(a, dim=-1)).sum(),
        (A, A),
    ),
    Case("absolute_error", ops.absolute_error, F.l1_loss, (A, A)),
    Case(
        "huber",
        lambda a, b: ops.huber(a, b, delta=0.5),
        lambda a, b: F.huber_loss(a, b, delta=0.5),
        (A, A),
    ),
    Case(
        "cross_entropy",
        lambda x: ops.cross_entropy(x, LABELS),
        lambda x: F.cross_entropy(x, T(LABELS)),
        ((3, 5),),
    ),
    Case(
        "cross_entropy, smoothed",
        lambda x: ops.cross_entropy(x, LABELS, smoothing=0.1),
        lambda x: F.cross_entropy(x, T(LABELS), label_smoothing=0.1),
        ((3, 5),),
    ),
    Case(
        "cross_entropy, map",
        lambda x: ops.cross_entropy(x, LABEL_MAP, smoothing=0.2),
        lambda x: F.cross_entropy(x, T(LABEL_MAP), label_smoothing=0.2),
        ((2, 4, 2, 2),),
    ),
    Case(
        "binary_cross_entropy",
        lambda x, t: ops.binary_cross_entropy(x, t),
        F.binary_cross_entropy_with_logits,
        (A, A),
        positive=True,
    ),
]


def drawn(case: Case, dtype: DTypeLike = np.float64) -> list[Array]:
    """Draw inputs, the same for the same case, away from kinks at 0."""
    rng = np.random.default_rng(len(case.name))
    shapes = case.shapes
    drawn = [rng.uniform(0.1, 1.5, s) * rng.choice([-1, 1], s) for s in shapes]
    return [(np.abs(x) if case.positive else x).astype(dtype) for x in drawn]


def compare(case: Case, inputs: list[Array], tolerance: float) -> None:
    """Hold value and gradients to torch's, relative to the largest number of each."""
    ours = [Tensor(x, requires_grad=True) for x in inputs]
    theirs = [torch.tensor(x, requires_grad=True) for x in inputs]
    y, reference = case.ours(*ours), case.theirs(*theirs)
    dy = np.random.default_rng(1).standard_normal(y.shape).astype(y.dtype)
    y.backward(dy)
    reference.backward(torch.tensor(dy))
    close(y.value, reference.detach().numpy(), tolerance)
    for a, b in zip(ours, theirs, strict=True):
        assert a.grad is not None
        assert b.grad is not None
        close(a.grad, b.grad.numpy(), tolerance)


def close(a: Array, b: Array, tolerance: float) -> None:
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    assert np.abs(a - b).max() <= tolerance * max(np.abs(b).max(), 1)


def case_name(case: Case) -> str:
    return case.name


def test_every_operation_is_in_the_table() -> None:
    operations = {name for name, f in vars(ops).items() if hasattr(f, "rule")}
    assert operations == {case.name.partition(",")[0] for case in TABLE}


def test_every_operation_can_be_had_from_one_place() -> None:
    from neuropil.core import neural, recurrence, space, tensor

    for module in (neural, recurrence, space, tensor):
        for name, function in vars(module).items():
            if hasattr(function, "rule"):
                assert getattr(ops, name) is function


@pytest.mark.parametrize("case", TABLE, ids=case_name)
def test_agrees_with_torch(case: Case) -> None:
    compare(case, drawn(case), 1e-12)


@pytest.mark.parametrize("case", TABLE, ids=case_name)
def test_keeps_float32(case: Case) -> None:
    compare(case, drawn(case, np.float32), 1e-5)


@pytest.mark.parametrize("case", TABLE, ids=case_name)
def test_derivatives_are_central_differences(case: Case) -> None:
    inputs = drawn(case)
    tensors = [Tensor(x, requires_grad=True) for x in inputs]
    y = case.ours(*tensors)
    rng = np.random.default_rng(2)
    dy = rng.standard_normal(y.shape)
    y.backward(dy)
    for i, (x, tensor) in enumerate(zip(inputs, tensors, strict=True)):
        assert tensor.grad is not None
        for _ in range(5):
            at = tuple(int(rng.integers(n)) for n in x.shape)
            found = slope(case.ours, inputs, i, at, dy)
            assert tensor.grad[at] == pytest.approx(found, rel=1e-6, abs=1e-6)


def slope(function: Function, inputs: list[Array], i: int, at: Shape, dy: Array) -> float:
    """Move one number a little both ways and see how much dy · y moves."""
    values = []
    for step in (1e-6, -1e-6):
        moved = [Tensor(x.copy()) for x in inputs]
        moved[i].value[at] += step
        values.append(float((function(*moved).value * dy).sum()))
    return (values[0] - values[1]) / 2e-6


# ---- shapes at random ---------------------------------------------------------------------------

few = some.integers(1, 3)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(few, few, few, some.tuples(few, few), some.tuples(few, few), some.data())
def test_conv_of_any_shape(
    n: int, groups: int, width: int, kernel: Shape, stride: Shape, data: some.DataObject
) -> None:
    padding = tuple(data.draw(some.integers(0, 2)) for _ in kernel)
    dilation = tuple(data.draw(few) for _ in kernel)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = tuple(data.draw(some.integers(r, r + 4)) for r in reach)
    case = Case(
        "conv",
        lambda x, w: ops.conv(
            x, w, stride=stride, padding=padding, dilation=dilation, groups=groups
        ),
        lambda x, w: F.conv2d(x, w, None, stride, padding, dilation, groups),
        ((n, groups * width, *size), (groups * 2, width, *kernel)),
    )
    compare(case, drawn(case), 1e-12)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(some.tuples(few, few), some.tuples(few, few), some.booleans(), some.data())
def test_pooling_of_any_shape(
    kernel: Shape, stride: Shape, padded: bool, data: some.DataObject
) -> None:
    padding = tuple(k // 2 if padded else 0 for k in kernel)
    size = tuple(data.draw(some.integers(k, k + 5)) for k in kernel)
    for case in (
        Case(
            "max_pool",
            lambda x: ops.max_pool(x, kernel=kernel, stride=stride, padding=padding),
            lambda x: F.max_pool2d(x, kernel, stride, padding),
            ((2, 2, *size),),
        ),
        Case(
            "average_pool",
            lambda x: ops.average_pool(x, kernel=kernel, stride=stride, padding=padding),
            lambda x: F.avg_pool2d(x, kernel, stride, padding),
            ((2, 2, *size),),
        ),
    ):
        compare(case, drawn(case), 1e-12)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(*[some.tuples(some.integers(1, 9), some.integers(1, 9))] * 2)
def test_resize_to_any_size(old: Shape, new: Shape) -> None:
    for how in ("nearest", "bilinear"):
        for align in (None,) if how == "nearest" else (False, True):
            case = Case(
                "resize",
                lambda x, how=how, align=align: ops.resize(
                    x, size=new, how=how, align_corners=bool(align)
                ),
                lambda x, how=how, align=align: F.interpolate(
                    x, new, mode=how, align_corners=align
                ),
                ((2, 1, *old),),
            )
            compare(case, drawn(case), 1e-12)
