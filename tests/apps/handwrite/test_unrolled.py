"""The writer's LSTMs, unrolled by hand: steps as torch's, gradients as differences tell them."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck
from torch.nn.utils.rnn import pack_padded_sequence

from neuropil.apps.handwrite.lab.unrolled import Lower, Packed, Upper, double_gate_rows, quick

B, S, H, A, K = 2, 3, 2, 5, 2
PACKED = Packed([2, 2, 2, 1])  # the second line ends after three points
N = 7


def randoms(*shapes: tuple[int, ...]) -> list[Tensor]:
    """Draw arrays to be learned, in float64."""
    rng = torch.Generator().manual_seed(3)
    return [
        torch.randn(shape, generator=rng, dtype=torch.float64).requires_grad_() for shape in shapes
    ]


def letters() -> Tensor:
    """Name the characters of two texts; one comes twice, which adds up in what is seen."""
    return torch.tensor([[0, 3, 3], [4, 1, 2]])


def lower(*given: Tensor) -> Any:
    return Lower.apply(*given, letters(), PACKED, torch.float64)  # type: ignore[no-untyped-call]


def upper(still: Tensor, W: Tensor, V: Tensor, *parts: Tensor) -> Any:
    return Upper.apply(still, W, V, PACKED, still.dtype, *parts)  # type: ignore[no-untyped-call]


def test_gradients_of_the_upper_lstm_are_its_differences() -> None:
    shapes = (B, 4 * H), (4 * H, 5), (4 * H, H), (N, 2), (N, 3)
    assert gradcheck(upper, randoms(*shapes))


def test_gradients_of_the_lower_lstm_are_its_differences() -> None:
    shapes = (B, 4 * H), (N, 4), (4 * H, 4 + A + H), (3 * K, H), (3 * K,)
    assert gradcheck(lower, randoms(*shapes))


def test_the_upper_lstm_is_torchs() -> None:
    torch.manual_seed(1)
    lstm, x = nn.LSTM(3, H), pack_padded_sequence(torch.randn(4, B, 3), torch.tensor([4, 3]))
    W, V, b_x, b_h = (double_gate_rows(weights) for weights in lstm.parameters())
    still = (b_x + b_h).expand(B, 4 * H)
    assert x.batch_sizes.tolist() == PACKED.sizes
    assert torch.allclose(upper(still, W, V, x.data), lstm(x)[0].data, atol=1e-6)


def test_bells_far_away_count_nothing() -> None:
    """Also where they are cut off, so that exp does not underflow."""
    still, points, W, V, b = randoms((B, 4 * H), (N, 4), (4 * H, 4 + A + H), (3 * K, H), (3 * K,))
    b = torch.tensor([0.0, 0, 3, 3, 3, 3], dtype=torch.float64)
    windows = lower(still, points, W, 0 * V, b)[2]
    assert windows.max() < 1e-30  # 20 characters a point, out of a text of three


@pytest.mark.parametrize(
    ("has", "dtype", "expected"),
    [
        ({"avx512_bf16": True}, torch.float32, torch.bfloat16),
        ({"amx_bf16": True}, torch.float32, torch.bfloat16),
        ({"avx512_f": True}, torch.float32, torch.float32),
        ({"avx512_bf16": True}, torch.float64, torch.float64),
    ],
)
def test_bfloat16_is_for_hardware_that_has_it(
    has: dict[str, bool],
    dtype: torch.dtype,
    expected: torch.dtype,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    assert quick(torch.zeros(1, dtype=dtype)) == expected
