import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn as torch_nn

from neuropil import core
from neuropil.core import (
    LSTM,
    SGD,
    Adam,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    History,
    Identity,
    LastStep,
    MaxPool,
    Momentum,
    Network,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    squared_error,
    storage,
)
from neuropil.core.tensor import Array

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
EITHER = np.array([[0], [1], [1], [0]], np.float64)


def data(n: int = 60, features: int = 4) -> tuple[Array, Array]:
    """Draw points and tell which of their first three numbers is largest."""
    x = np.random.default_rng(0).standard_normal((n, features))
    return x, x[:, :3].argmax(axis=1)


def convolutional() -> Network:
    layers = (Conv2d(1, 4, 3), BatchNorm(4), ReLU(), MaxPool(2), Flatten(), Dense(36, 3))
    return Network(*layers, dtype=np.float64)


# ---- computing ----------------------------------------------------------------------------------


def test_is_torchs_sequential_with_its_state() -> None:
    theirs = torch_nn.Sequential(
        torch_nn.Conv2d(1, 4, 3),
        torch_nn.BatchNorm2d(4),
        torch_nn.ReLU(),
        torch_nn.MaxPool2d(2),
        torch_nn.Flatten(),
        torch_nn.Linear(36, 3),
    ).double()
    ours = convolutional()
    parameters = ours.parameters()
    assert set(parameters) == {name for name, _ in theirs.named_parameters()}
    for name, value in theirs.named_parameters():
        parameters[name].value[...] = value.detach().numpy()
    x = np.random.default_rng(0).standard_normal((5, 1, 8, 8))
    for training in (True, False):
        theirs.train(training)
        expected = theirs(torch.tensor(x)).detach().numpy()
        np.testing.assert_allclose(ours(x, training=training).value, expected, rtol=1e-10)


def test_learns_as_torch_does() -> None:
    """Three epochs of SGD over the same batches end at the same weights."""
    x, y = data(64)
    ours = Network(Dense(4, 5), Tanh(), Dense(5, 3), dtype=np.float64)
    theirs = torch_nn.Sequential(
        torch_nn.Linear(4, 5), torch_nn.Tanh(), torch_nn.Linear(5, 3)
    ).double()
    state = {name: torch.tensor(p.value.copy()) for name, p in ours.parameters().items()}
    theirs.load_state_dict(state)
    by = torch.optim.SGD(theirs.parameters(), 0.5)
    order = np.random.default_rng(7)
    for _ in range(3):
        rows = order.permutation(64)
        for i in range(0, 64, 16):
            batch = rows[i : i + 16]
            by.zero_grad()
            loss = torch_nn.functional.cross_entropy(
                theirs(torch.tensor(x[batch])), torch.tensor(y[batch])
            )
            loss.backward()  # type: ignore[no-untyped-call]
            by.step()
    ours.fit(x, y, optimizer=SGD(0.5), epochs=3, batch=16, seed=7)
    for name, value in theirs.named_parameters():
        np.testing.assert_allclose(
            ours.parameters()[name].value, value.detach().numpy(), rtol=1e-10
        )


def test_same_seed_same_network() -> None:
    x, y = data()
    a, b, c = (
        Network(Dense(4, 8), Dropout(0.2), ReLU(), Dense(8, 3), seed=seed) for seed in (1, 1, 2)
    )
    curves = [network.fit(x, y, epochs=3) for network in (a, b, c)]
    assert curves[0] == curves[1] != curves[2]
    assert np.array_equal(a.predict(x), b.predict(x))


def test_a_layer_that_has_its_weights_keeps_them() -> None:
    dense = Dense(2, 1)
    dense.set_parameter("weight", np.array([[1.0, 2.0]]))
    dense.set_parameter("bias", np.array([3.0]))
    assert Network(dense, dtype=np.float64).predict([[1, 1]]) == 6


def test_predicts_many_examples_in_parts() -> None:
    network = Network(Dense(2, 3), Tanh())
    x = np.random.default_rng(0).standard_normal((2500, 2))
    assert network.predict(x).shape == (2500, 3)
    np.testing.assert_allclose(network.predict(x)[2400:], network.predict(x[2400:]), rtol=1e-5)
    assert network.predict(x[:0]).shape == (0, 3)
    assert network.predict(x).dtype == np.float32


def test_reads_sequences_of_symbols() -> None:
    """Which of two symbols came first is told from the memory of the last step."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (64, 5))
    network = Network(Embedding(2, 3), LSTM(3, 8), LastStep(), Dense(8, 2))
    network.fit(x, x[:, 0], optimizer=Adam(0.03), epochs=60)
    assert network.accuracy(x, x[:, 0]) == 1


def test_a_layer_used_twice_moves_once() -> None:
    twice = Dense(2, 2)
    network = Network(twice, Tanh(), twice, dtype=np.float64)
    before = twice.weight.value.copy()
    squared_error(network(XOR), np.ones((4, 2))).backward()
    assert twice.weight.grad is not None
    expected = before - 0.1 * twice.weight.grad
    twice.weight.grad = twice.bias.grad = None
    network.fit(XOR, np.ones((4, 2)), loss=squared_error, optimizer=SGD(0.1), epochs=1)
    np.testing.assert_allclose(twice.weight.value, expected, rtol=1e-12)


def test_learns_with_convolutions() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 60)
    x = rng.standard_normal((60, 1, 8, 8)) * 0.3
    x[np.arange(60), 0, 2 * y + 1] += 1  # a bar whose height tells the class
    network = convolutional()
    network.fit(x, y, optimizer=Adam(0.02), epochs=10)
    assert network.accuracy(x, y) == 1


# ---- learning -----------------------------------------------------------------------------------


def test_curve_tells_how_learning_went() -> None:
    x, y = data()
    network = Network(Dense(4, 16), ReLU(), Dense(16, 3))
    curve = network.fit(
        x[:40], y[:40], epochs=50, optimizer=Adam(0.01), validation=(x[40:], y[40:])
    )
    assert [len(v) for v in vars(curve).values()] == [50] * 4
    assert curve.loss[-1] < curve.loss[0] / 2
    assert curve.validation_accuracy[-1] == network.accuracy(x[40:], y[40:])
    lines = str(curve).splitlines()
    assert lines[0] == "50 epochs"
    assert str(History((0.5,))).startswith("1 epoch\n")
    assert re.fullmatch(r"loss +[\d.]+ [▁▂▃▄▅▆▇█]{40} [\d.]+ *", lines[1])
    assert [line[:20].rstrip() for line in lines[2:]] == [
        "accuracy",
        "validation loss",
        "validation accuracy",
    ]


def test_numbers_have_no_accuracy() -> None:
    curve = Network(Dense(2, 1)).fit(XOR, EITHER.astype(int), loss=squared_error, epochs=2)
    assert curve.accuracy == ()
    assert len(curve.loss) == 2


def test_maps_of_labels_have_an_accuracy() -> None:
    """Each pixel is classified: above 0 or not."""
    x = np.random.default_rng(0).standard_normal((20, 1, 4, 4))
    labels = (x[:, 0] > 0).astype(int)
    network = Network(Conv2d(1, 2, 1))
    curve = network.fit(x, labels, optimizer=Adam(0.1), epochs=40)
    assert curve.accuracy[-1] > 0.95
    assert network.accuracy(x, labels) > 0.95


def test_progress_wraps_the_epochs() -> None:
    seen = []

    def watched(epochs: Iterable[int]) -> Iterable[int]:
        for epoch in epochs:
            seen.append(epoch)
            yield epoch

    Network(Dense(2, 1)).fit(XOR, EITHER, loss=squared_error, epochs=3, progress=watched)
    assert seen == [0, 1, 2]


def learns_xor(seed: int) -> bool:
    """Train 2-4-1 sigmoids on all four examples; tell whether every answer is right."""
    network = Network(Dense(2, 4), Sigmoid(), Dense(4, 1), Sigmoid(), seed=seed)
    network.fit(XOR, EITHER, loss=squared_error, optimizer=Adam(0.05), epochs=600, batch=4)
    return bool((np.round(network.predict(XOR)) == EITHER).all())


def test_sigmoids_learn_xor() -> None:
    assert [learns_xor(seed) for seed in range(3)] == [True] * 3


def test_a_straight_line_cannot_learn_xor() -> None:
    """The best line answers 1/2 to everything: squared error 1/4; none gets more than 3 right."""
    design = np.column_stack((XOR, np.ones(4)))
    best, (residual,) = np.linalg.lstsq(design, EITHER, rcond=None)[:2]
    assert best.ravel() == pytest.approx([0, 0, 0.5])
    assert residual / 4 == pytest.approx(0.25)
    network = Network(Dense(2, 4), Identity(), Dense(4, 1), dtype=np.float64)
    network.fit(XOR, EITHER, loss=squared_error, optimizer=Adam(0.05), epochs=600, batch=4)
    assert network.predict(XOR).ravel() == pytest.approx([0.5] * 4, abs=1e-3)
    rng = np.random.default_rng(0)
    lines = rng.standard_normal((20000, 3)) @ design.T > 0
    assert (lines == EITHER.ravel().astype(bool)).mean(axis=1).max() == 0.75


# ---- folding ------------------------------------------------------------------------------------


def test_linear_layers_collapse_into_one() -> None:
    layers = (Flatten(), Dense(6, 5), Identity(), Dropout(0.3), Dense(5, 4, has_bias=False))
    network = Network(*layers, Identity(), Dense(4, 2), dtype=np.float64)
    folded = network.fold_linear()
    assert [type(layer) for layer in folded.layers] == [Flatten, Dense]
    x = np.random.default_rng(0).standard_normal((7, 2, 3))
    assert np.abs(folded.predict(x) - network.predict(x)).max() < 1e-12


def test_a_deep_linear_network_learns_least_squares() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 3))
    y = x @ rng.standard_normal((3, 2)) + rng.standard_normal((50, 2))
    network = Network(Dense(3, 4), Identity(), Dense(4, 2), dtype=np.float64)
    network.fit(x, y, loss=squared_error, optimizer=Momentum(0.05), epochs=1500, batch=50)
    best = np.linalg.lstsq(np.column_stack((x, np.ones(50))), y, rcond=None)[0]
    folded = network.fold_linear().layers[-1]
    np.testing.assert_allclose(folded.weight.value, best[:3].T, atol=1e-9)
    np.testing.assert_allclose(folded.bias.value, best[3], atol=1e-9)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((Dense(2, 3), Sigmoid(), Dense(3, 1)), r"layer 1, Sigmoid\(\), is no straight line"),
        ((ReLU(),), r"layer 0, ReLU\(\)"),
        ((Identity(),), "no Dense layer"),
    ],
)
def test_what_bends_does_not_collapse(layers: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Network(*layers).fold_linear()


# ---- files --------------------------------------------------------------------------------------


def test_saved_networks_come_back_whole(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((20, 1, 8, 8))
    network = convolutional()
    network.fit(x, np.arange(20) % 3, epochs=2)
    network.save(tmp_path / "network.npz")
    loaded = Network.load(tmp_path / "network.npz")
    assert np.array_equal(loaded.predict(x), network.predict(x))
    assert repr(loaded) == repr(network)
    assert loaded.dtype == np.float64
    assert [file.name for file in tmp_path.iterdir()] == ["network.npz"]


def test_loaded_networks_learn_on(tmp_path: Path) -> None:
    x, y = data()
    Network(Dense(4, 8), Tanh(), Dense(8, 3)).save(tmp_path / "network.npz")
    network = Network.load(tmp_path / "network.npz")
    assert network.fit(x, y, epochs=20, optimizer=Adam(0.02)).loss[-1] < 0.7


@pytest.mark.parametrize("content", [b"", b"a picture", b"PK\x03\x04 half an archive"])
def test_other_files_are_no_networks(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"other.npz holds no network: give a file that"):
        Network.load(path)


def test_other_archives_are_no_networks(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    np.save(tmp_path / "other.npy", np.ones(3))
    for name in ("other.npz", "other.npy"):
        with pytest.raises(ValueError, match="holds no network"):
            Network.load(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        Network.load(tmp_path / "nowhere.npz")


def test_archives_are_unpacked_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Network(Dense(100, 100)).save(tmp_path / "network.npz")
    monkeypatch.setattr(storage, "MOST_BYTES", 40_000)
    with pytest.raises(ValueError, match=r"network.npz holds no network"):
        Network.load(tmp_path / "network.npz")


def test_incomplete_networks_are_refused(tmp_path: Path) -> None:
    Network(Dense(2, 3)).save(tmp_path / "network.npz")
    with np.load(tmp_path / "network.npz") as file:
        entries = dict(file)
    for change, message in (
        ({"0.bias": np.ones(4)}, r"0.bias of Dense.* should be \(3,\), is shape \(4,\)"),
        ({"neuropil network": np.array('[{"layer": "Magic"}]')}, "layer 0 is of a kind that"),
    ):
        np.savez(tmp_path / "other.npz", **{**entries, **change})
        with pytest.raises(ValueError, match=message):
            Network.load(tmp_path / "other.npz")


# ---- what does not fit --------------------------------------------------------------------------

X, Y = data()
FAULTS = [
    (lambda n: n(np.ones((2, 5))), r"layer 0, Dense\(n_in=4.*\), was given \(2, 5\): .*take 4"),
    (lambda n: n.fit(X, Y + 1), "labels go from 1 to 3, but the network has 3 outputs: .* 0 to 2"),
    (lambda n: n.fit(X, Y - 1), "labels go from -1 to 1"),
    (lambda n: n.fit(X[:5], Y), "5 examples with 60 answers"),
    (lambda n: n.fit(X[:0], Y[:0]), "0 examples with 0 answers"),
    (lambda n: n.fit(X * np.nan, Y), "NaN or infinity"),
    (lambda n: n.fit(X, Y, validation=(X[:2], Y[:3])), "2 examples with 3 answers"),
    (lambda n: n.fit([["a"]], Y), "numbers for several examples are needed, not <U1"),
    (lambda n: n.fit(3, Y), "numbers for several examples are needed, not int64 3"),
    (lambda n: n.fit(X, Y, epochs=0), "epochs=0, batch=32: both have to be at least 1"),
    (lambda n: n.fit(X, Y[:, None], loss=squared_error), r"shape \(32, 1\) and predictions"),
    (lambda n: n.accuracy(X, Y[:3]), "60 examples with 3 answers"),
    (lambda n: n.accuracy(X, Y * 0.5), r"labels \(N\) are whole numbers, not float32 \(60,\)"),
    (lambda n: Network(*n.layers, Softmax()).fit(X, Y), r"leave Softmax\(\) off"),
]


@pytest.mark.parametrize(("call", "message"), FAULTS)
def test_says_what_does_not_fit(call: Callable[[Network], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(Network(Dense(4, 3)))


def test_says_that_learning_has_gone_astray() -> None:
    network = Network(Dense(4, 1), dtype=np.float64)
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match=r"in epoch \d+: .* smaller rate"),
    ):
        network.fit(X, Y[:, None] * 1.0, loss=squared_error, optimizer=SGD(1e3), epochs=200)


# ---- the lines in the package's docstring -------------------------------------------------------


def test_lines_in_the_docstring_read_digits(capsys: pytest.CaptureFixture[str]) -> None:
    lines = re.findall(r"^    (?:from|data|network|curve|print).*$", core.__doc__ or "", re.M)
    assert len(lines) == 7
    exec(textwrap.dedent("\n".join(lines)), {})
    curve, _, _, accuracy, neuron, *arithmetic = capsys.readouterr().out.splitlines()
    assert curve == "30 epochs"
    assert float(accuracy) >= 0.97
    assert neuron == "neuron 5 of layer 0 (dense)"
    assert "  checked: sum, da/dz, dL/dz" in "\n".join(arithmetic)


def test_curve_of_nothing_is_empty() -> None:
    assert str(History()) == "0 epochs"
