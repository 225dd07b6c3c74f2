import numpy as np
import pytest

from neuropil.core import operations as ops
from neuropil.core.tensor import Result, Tensor, cache_last, operation, unbroadcast


def parameter(*numbers: float) -> Tensor:
    return Tensor(np.array(numbers), requires_grad=True)


def test_derivatives_of_the_notes() -> None:
    """One neuron, z = w x + b, a = σ(z), L = (a - y)²: every derivative by hand."""
    x, w, b, y = 0.5, parameter(0.8), parameter(-0.1), 1.0
    z = w * x + b
    a = ops.sigmoid(z)
    loss = ((a - y) ** 2).sum()
    loss.backward()
    value = 1 / (1 + np.exp(-(0.8 * 0.5 - 0.1)))
    dz = 2 * (value - y) * value * (1 - value)
    assert a.grad == pytest.approx([2 * (value - y)])
    assert z.grad == pytest.approx([dz])
    assert w.grad == pytest.approx([dz * x])
    assert b.grad == pytest.approx([dz])


def test_a_value_used_twice_adds_up() -> None:
    x = parameter(3.0)
    y = x * x
    z = (y * y + y).sum()  # x⁴ + x²
    z.backward()
    assert x.grad == pytest.approx([4 * 3**3 + 2 * 3])


def test_long_ways_need_no_stack() -> None:
    x = parameter(1.0)
    y = x
    for _ in range(5000):
        y = y * 1.0 + 0.0
    y.sum().backward()
    assert x.grad == pytest.approx([1])


def test_many_ways_are_walked_once_each() -> None:
    """2⁴⁰ ways lead from x to y; the walk takes 40 steps."""
    x = parameter(1.0)
    y = x
    for _ in range(40):
        y = y + y
    y.sum().backward()
    assert x.grad == pytest.approx([2.0**40])


def test_gradients_of_parameters_add_up_and_of_results_do_not() -> None:
    x = parameter(2.0)
    y = x * 3.0
    z = y.sum()
    z.backward()
    z.backward()
    assert x.grad == pytest.approx([6])
    assert y.grad == pytest.approx([1])


def test_only_what_needs_a_gradient_is_recorded() -> None:
    constant, x = Tensor([1.0, 2.0]), parameter(3.0, 4.0)
    assert (constant * 2 + np.ones(2)).parents == []
    y = constant * x
    assert [tensor for tensor, _ in y.parents] == [x]
    y.sum().backward()
    assert constant.grad is None


def test_derivatives_that_nobody_needs_are_not_evaluated() -> None:
    def refuse(dy: object) -> np.ndarray:
        raise AssertionError("nobody needs this")

    @operation
    def first(a: np.ndarray, b: np.ndarray) -> Result:
        return a + b, lambda dy: dy, refuse

    x = parameter(1.0)
    first(x, Tensor([1.0])).sum().backward()
    assert x.grad == pytest.approx([1])


def test_gradients_do_not_share_memory() -> None:
    a, b = parameter(1.0, 2.0), parameter(3.0, 4.0)
    (a + b).reshape(2, 1).sum().backward()
    assert a.grad is not None
    assert b.grad is not None
    a.grad *= 10
    assert b.grad.tolist() == [1, 1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_take_the_dtype_of_the_other(dtype: type) -> None:
    x = Tensor(np.ones(2, dtype), requires_grad=True)
    y = (2 * x + np.float64(1) - 1) / 3 + x**2
    y.sum().backward()
    assert y.dtype == dtype
    assert x.grad is not None
    assert x.grad.dtype == dtype


def test_arrays_leave_arithmetic_to_tensors() -> None:
    x = parameter(1.0, 2.0)
    for y in (np.ones(2) + x, np.ones(2) - x, np.ones(2) * x, np.ones(2) / x):
        assert isinstance(y, Tensor)
    assert isinstance(np.ones((1, 2)) @ x.reshape(2, 1), Tensor)


def test_integers_become_float64() -> None:
    assert Tensor([1, 2]).dtype == np.float64
    assert Tensor(np.float32(1)).dtype == np.float32


def test_describes_itself() -> None:
    x = Tensor([[1.0, 2.0]])
    assert (x.shape, x.ndim, len(x), float(x.sum())) == ((1, 2), 2, 1, 3.0)
    assert repr(x) == "Tensor(array([[1., 2.]]))"


def test_backward_starts_from_one_number() -> None:
    with pytest.raises(ValueError, match=r"shape \(2,\): take .sum\(\)"):
        (parameter(1.0, 2.0) * 2).backward()
    with pytest.raises(ValueError, match=r"seed has shape \(3,\), the tensor \(2,\)"):
        (parameter(1.0, 2.0) * 2).backward(np.ones(3))


def test_seed_weighs() -> None:
    x = parameter(1.0, 2.0)
    (x * x).backward(np.array([1.0, 10.0]))
    assert x.grad == pytest.approx([2, 40])


def test_broadcasting_is_undone() -> None:
    dx = np.ones((4, 2, 3))
    assert unbroadcast(dx, (2, 1)).tolist() == [[12], [12]]
    assert unbroadcast(dx, (3,)).tolist() == [8, 8, 8]
    assert unbroadcast(dx, ()) == 24


def test_what_is_shared_is_computed_once() -> None:
    calls = []

    @cache_last
    def shared(dy: np.ndarray) -> np.ndarray:
        calls.append(dy)
        return dy * 2

    dy, other = np.ones(2), np.zeros(2)
    assert shared(dy) is shared(dy)
    assert shared(other).tolist() == [0, 0]
    assert len(calls) == 2
