"""What the table of operations can't say: extremes, ties, and what doesn't fit."""

from collections.abc import Callable

import numpy as np
import pytest

from neuropil.core import operations as ops
from neuropil.core.tensor import Tensor


def test_a_rule_is_bare_arithmetic() -> None:
    y, *derivatives = ops.affine.rule(np.ones((2, 3)), np.ones((4, 3)), np.zeros(4))
    assert (y == 3).all()
    assert [d(np.ones((2, 4))).shape for d in derivatives if d] == [(2, 3), (4, 3), (4,)]
    assert ops.sigmoid.rule(0.415)[0] == pytest.approx(1 / (1 + np.exp(-0.415)), rel=1e-15)


def test_sigmoid_is_stable() -> None:
    x = np.array([-1e4, -800, -80, 80, 800, 1e4])
    for dtype in (np.float32, np.float64):
        y = ops.sigmoid(x.astype(dtype)).value
        assert y.dtype == dtype
        np.testing.assert_allclose(y[2:], [np.exp(-80.0), 1, 1, 1], rtol=1e-5)
        assert (y[:2] >= 0).all()
        assert (y[:2] < 1e-38).all()


def test_equal_numbers_share_what_a_maximum_is_told() -> None:
    a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0, 1.0], requires_grad=True)
    ops.maximum(a, b).sum().backward()
    assert a.grad is not None
    assert b.grad is not None
    assert a.grad.tolist() == [0.5, 1]
    assert b.grad.tolist() == [0.5, 0]


X = np.ones((2, 3, 5, 5))
FAULTS = [
    (lambda: ops.matmul(np.ones(3), np.ones((3, 2))), r"matrices, not shapes \(3,\)"),
    (lambda: ops.affine(np.ones((2, 3)), np.ones((4, 5))), r"take 5 features, the input has"),
    (lambda: ops.conv(X, np.ones((4, 2, 3, 3))), r"take 2 channels, the input .* has 3"),
    (lambda: ops.conv(X, np.ones((4, 3, 3))), "as many axes"),
    (lambda: ops.conv(X, np.ones((4, 3, 7, 7))), r"a kernel of \(7, 7\) doesn't fit"),
    (lambda: ops.conv(X, np.ones((4, 3, 3, 3)), stride=0), "give one number >= 1, or 2"),
    (lambda: ops.conv(X, np.ones((4, 3, 3, 3)), padding=(1, 1, 1)), "padding=.*for 2 axes"),
    (lambda: ops.resize(X, size=(3, 3), how="cubic"), '"bilinear" or "nearest"'),
    (lambda: ops.group_norm(X, np.ones(3), np.ones(3), groups=2), "3 channels can't be split"),
    (lambda: ops.take(np.ones((3, 2)), np.array([0, 3])), "from 0 to 3, rows from 0 to 2"),
    (lambda: ops.take(np.ones((3, 2)), np.ones(2)), "looks up by integers, not float64"),
    (lambda: ops.cross_entropy(np.ones((2, 3)), np.array([0, 3])), "0 to 3, classes 0 to 2"),
    (lambda: ops.cross_entropy(np.ones((2, 3)), np.array([0, -1])), "-1 to 0, classes 0 to 2"),
    (lambda: ops.cross_entropy(np.ones((2, 3)), np.ones(2)), "labels are float64"),
    (lambda: ops.affine(np.ones((2, 3)), w=Tensor([[1.0]])), "give tensors by place"),
    (lambda: ops.squared_error(np.ones((2, 1)), np.ones(2)), r"shape \(2,\) and predictions"),
]


@pytest.mark.parametrize(("call", "message"), FAULTS)
def test_says_what_does_not_fit(call: Callable[[], Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
