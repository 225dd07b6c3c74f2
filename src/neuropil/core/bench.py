"""What is measured of learning from first principles, and beside whom.

    neuropil bench core

One network, 64-32-10 with sigmoids, on the package's digits, in batches of 32 with Adam (rate 0.01,
β 0.9 and 0.999, ε 1e-8), from scratch: by this package, by torch, by Keras on torch and by
scikit-learn, each with its own initial weights and its own order. In one process, in rounds in
which all take turns; every library with the threads it takes by itself, torch and Keras also with
one, and each is compared with in the fastest of its forms.
"""

import importlib.util
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, stdev

import numpy as np

from neuropil.core.digits import Digits, digits
from neuropil.core.layers import Dense, Sigmoid
from neuropil.core.neural import affine, cross_entropy, sigmoid
from neuropil.core.nn import Network
from neuropil.core.optim import Adam
from neuropil.core.tensor import Array
from neuropil.kit.report import Metrics, Report, Table, median_seconds

N_IN, N_HIDDEN, N_OUT, BATCH, RATE = 64, 32, 10, 32, 0.01
SEEDS, EPOCHS = 5, 30  # of the accuracies
ROUNDS, EPOCHS_OF_A_ROUND = 11, 4  # of the times
CALLS = 300  # of one part of a step

Fit = Callable[[int], None]  # epochs -> trained by so many
Score = Callable[[], float]  # -> accuracy on the test part


@dataclass(frozen=True)
class Peer:
    """A library: `start` makes an untrained network from a seed."""

    name: str
    key: str
    start: Callable[[int], tuple[Fit, Score]]
    threads: int | None = None  # of torch; None for libraries that have no such setting


def measure(data: Path | None) -> Report:
    """Measure accuracy, speed beside others, and where the time goes; needs no data."""
    known = digits()  # the same examples, network, batches and optimizer for all libraries
    peers = [own_peer(known), *installed_peers(known)]
    seconds = seconds_per_step(known, peers)
    table, figures = comparison_table(peers, seconds)
    parts, more = profile_step(known)
    return Report((table, parts), {**figures, **more})


# ---- beside whom --------------------------------------------------------------------------------


def own_peer(known: Digits) -> Peer:
    """Make this package ready."""

    def start(seed: int) -> tuple[Fit, Score]:
        network = Network(Dense(N_IN, N_HIDDEN), Sigmoid(), Dense(N_HIDDEN, N_OUT), seed=seed)

        def fit(epochs: int) -> None:
            x, y = known.x_train, known.y_train
            network.fit(x, y, optimizer=Adam(RATE), epochs=epochs, batch=BATCH, seed=seed)

        return fit, lambda: network.accuracy(known.x_test, known.y_test)

    return Peer("neuropil", "neuropil", start)


def installed_peers(known: Digits) -> Iterator[Peer]:
    """Make those ready that are installed."""
    if is_installed("sklearn"):
        yield Peer("scikit-learn MLPClassifier", "sklearn", by_sklearn(known))
    if not is_installed("torch"):
        return
    import torch

    for threads in sorted({1, torch.get_num_threads()}):
        for fused in (False, True):
            name = f"torch eager, Adam{' fused' if fused else ''}, {threads} threads"
            yield Peer(name, "torch", by_torch(known, fused), threads)
        if is_installed("keras"):
            yield Peer(f"Keras on torch, {threads} threads", "keras", by_keras(known), threads)


def is_installed(library: str) -> bool:
    """Tell whether a library is there, without importing it."""
    return importlib.util.find_spec(library) is not None


def by_sklearn(known: Digits) -> Callable[[int], tuple[Fit, Score]]:
    """Train scikit-learn's; it may not stop before its time."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    def start(seed: int) -> tuple[Fit, Score]:
        network = MLPClassifier(
            hidden_layer_sizes=(N_HIDDEN,),
            activation="logistic",
            alpha=0.0,  # no decay of weights: ours has none
            batch_size=BATCH,
            learning_rate_init=RATE,
            n_iter_no_change=1_000_000,  # and no early stop: every epoch is run
            tol=0.0,
            random_state=seed,
        )

        def fit(epochs: int) -> None:
            network.set_params(max_iter=epochs)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                network.fit(known.x_train, known.y_train)

        return fit, lambda: float(network.score(known.x_test, known.y_test))

    return start


def by_torch(known: Digits, fused: bool) -> Callable[[int], tuple[Fit, Score]]:
    """Train torch's by the plain loop; its loss and hits are summed up as ours are."""
    import torch
    from torch import nn

    x, y = torch.from_numpy(known.x_train), torch.from_numpy(known.y_train)

    def start(seed: int) -> tuple[Fit, Score]:
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Linear(N_IN, N_HIDDEN), nn.Sigmoid(), nn.Linear(N_HIDDEN, N_OUT))
        optimizer = torch.optim.Adam(network.parameters(), lr=RATE, fused=fused)

        def fit(epochs: int) -> None:
            for _ in range(epochs):
                order = torch.randperm(len(x))
                xs, ys = x[order], y[order]
                total, right = 0.0, 0
                for i in range(0, len(x), BATCH):
                    optimizer.zero_grad()
                    output = network(xs[i : i + BATCH])
                    loss = nn.functional.cross_entropy(output, ys[i : i + BATCH])
                    loss.backward()  # type: ignore[no-untyped-call]
                    optimizer.step()
                    # A loop that watches itself learn does this; ours does it in `Network.fit`.
                    total += loss.item() * len(output)
                    right += int((output.argmax(1) == ys[i : i + BATCH]).sum())

        def score() -> float:
            with torch.no_grad():
                found = network(torch.from_numpy(known.x_test)).argmax(1).numpy()
            return float((found == known.y_test).mean())

        return fit, score

    return start


def by_keras(known: Digits) -> Callable[[int], tuple[Fit, Score]]:
    """Train Keras's on torch, by its own `fit`."""
    with environment("KERAS_BACKEND", "torch"):
        import keras

    def start(seed: int) -> tuple[Fit, Score]:
        keras.utils.set_random_seed(seed)
        hidden = keras.layers.Dense(N_HIDDEN, activation="sigmoid")
        network = keras.Sequential([keras.Input((N_IN,)), hidden, keras.layers.Dense(N_OUT)])
        network.compile(
            optimizer=keras.optimizers.Adam(RATE, epsilon=1e-8),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )

        def fit(epochs: int) -> None:
            network.fit(known.x_train, known.y_train, batch_size=BATCH, epochs=epochs, verbose=0)

        def score() -> float:
            found = np.asarray(network.predict(known.x_test, verbose=0)).argmax(axis=1)
            return float((found == known.y_test).mean())

        return fit, score

    return start


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """Set a variable of the environment for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before


@contextmanager
def with_threads(n: int | None) -> Iterator[None]:
    """Let torch have so many threads for a while."""
    if n is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# ---- accuracy and speed -------------------------------------------------------------------------


def seconds_per_step(known: Digits, peers: list[Peer]) -> list[float]:
    """Train all in turns, from scratch each time; return the median of each one's rounds."""
    # In turns, so that a machine that slows down slows all of them; the median, so that a round
    # beside other work doesn't count.
    n_steps = EPOCHS_OF_A_ROUND * -(-len(known.y_train) // BATCH)  # ⌈N / B⌉ steps an epoch
    return [
        median(times) / n_steps for times in time_interleaved([fit_briefly(peer) for peer in peers])
    ]


def fit_briefly(peer: Peer) -> Callable[[], None]:
    """Train for a few epochs."""

    def train() -> None:
        fit, _ = peer.start(0)
        with with_threads(peer.threads):
            fit(EPOCHS_OF_A_ROUND)

    return train


def final_accuracies(peer: Peer) -> list[float]:
    """Train to the end from several seeds; return the test accuracies in percent."""
    found = []
    for seed in range(SEEDS):
        fit, score = peer.start(seed)
        with with_threads(peer.threads):
            fit(EPOCHS)
        found.append(100 * score())
    return found


def comparison_table(peers: list[Peer], seconds: list[float]) -> tuple[Table, Metrics]:
    """Put time and accuracy side by side; each library counts in its fastest form."""
    took = dict(zip(peers, seconds, strict=True))
    fastest = {p.key: p for p in sorted(peers, key=lambda p: took[p], reverse=True)}
    scores = {peer: final_accuracies(peer) for peer in fastest.values()}
    ours = peers[0]
    figures: Metrics = {
        "microseconds_per_step": 1e6 * took[ours],
        "digits_accuracy_mean": mean(scores[ours]),
        "digits_accuracy_sd": stdev(scores[ours]),
    }
    rows: list[tuple[object, ...]] = []
    for peer in peers:
        found = scores.get(peer)
        told = f"{mean(found):.2f} ± {stdev(found):.2f}" if found else ""
        rows.append((peer.name, f"{1e6 * took[peer]:.0f}", f"{took[peer] / took[ours]:.2f}", told))
    for key, name in (("sklearn", "scikit-learn"), ("torch", "torch"), ("keras", "Keras")):
        if key in fastest:
            figures[f"speed_vs_{key}"] = took[fastest[key]] / took[ours]
        else:
            rows.append((name, "not installed", "", ""))
    title = (
        f"Digits, 64-32-10, batches of {BATCH}, Adam; accuracy after {EPOCHS} epochs from {SEEDS}"
        " seeds, each library in its fastest form"
    )
    columns = ("library", "µs per step", "times ours", "test accuracy, %")
    return Table(title, columns, tuple(rows)), figures


# ---- where the time goes ------------------------------------------------------------------------


def profile_step(known: Digits) -> tuple[Table, Metrics]:
    """Take a step apart: matrix products, other arithmetic, the graph, the optimizer, the rest."""
    x, y = known.x_train[:BATCH], known.y_train[:BATCH]
    network = Network(Dense(N_IN, N_HIDDEN), Sigmoid(), Dense(N_HIDDEN, N_OUT))
    parameters = list(network.parameters().values())
    optimizer = Adam(1e-9)  # as good as none, so that every call has the same to do
    products, flops = matrix_products(x, [p.value for p in parameters])

    def walk() -> None:
        for p in parameters:
            p.grad = None
        cross_entropy(network(x, training=True), y).backward()

    def walk_and_step() -> None:
        walk()
        optimizer.step(parameters)

    x_all, y_all = np.tile(x, (CALLS, 1)), np.tile(y, CALLS)

    def learn() -> None:
        network.fit(x_all, y_all, optimizer=optimizer, epochs=1, batch=BATCH)

    # Each form does what the one before does and one thing more: differences are the parts.
    forms = [repeat(f) for f in (products, lambda: bare_rules(network, x, y), walk, walk_and_step)]
    times = [min(found) / CALLS for found in time_interleaved([*forms, learn])]  # undisturbed
    step = times[-1]
    named = zip(
        ("matrix products", "other arithmetic on arrays", "the graph", "optimizer", "the rest"),
        np.diff([0.0, *times]),
        strict=True,
    )
    rows = [(name, f"{1e6 * took:.1f}", f"{took / step:.0%}") for name, took in named]
    rows += [
        (f"GFLOP/s of a step ({flops / 1000:.0f} kFLOP)", f"{flops / step / 1e9:.2f}", ""),
        ("GFLOP/s of its matrix products alone", f"{flops / times[0] / 1e9:.2f}", ""),
        ("GFLOP/s of NumPy for 1024 × 1024 matrices", f"{bare_gflops(1024):.1f}", ""),
    ]
    table = Table("Where a step of ours goes", ("part", "µs", "share"), tuple(rows))
    return table, {"share_of_arithmetic_limit": times[0] / step}


def repeat(function: Callable[[], object]) -> Callable[[], None]:
    """Call many times, so that the clock sees something."""

    def many() -> None:
        for _ in range(CALLS):
            function()

    return many


def time_interleaved(functions: list[Callable[[], object]]) -> list[list[float]]:
    """Time all in rounds in which they take turns; return the seconds of each in every round."""
    found: list[list[float]] = [[] for _ in functions]
    for _ in range(ROUNDS + 1):
        for function, seconds in zip(functions, found, strict=True):
            begin = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - begin)
    return [seconds[1:] for seconds in found]  # the first round warms up


def matrix_products(x: Array, parameters: list[Array]) -> tuple[Callable[[], None], int]:
    """Make ready the five products of a step, bare: the least that it can take in NumPy."""
    w1, _, w2, _ = parameters
    hidden = np.ones((len(x), N_HIDDEN), np.float32)
    output = np.ones((len(x), N_OUT), np.float32)
    # Forward x w₁ᵀ and h w₂ᵀ; back dy w₂, dw₂ = dyᵀ h and dw₁ = dhᵀ x. No dx: nothing is before x.
    pairs = [(x, w1.T), (hidden, w2.T), (output, w2), (output.T, hidden), (hidden.T, x)]

    def multiply() -> None:
        for a, b in pairs:
            a @ b

    return multiply, sum(2 * a.shape[0] * a.shape[1] * b.shape[1] for a, b in pairs)


def bare_rules(network: Network, x: Array, y: Array) -> None:
    """Go forward and back by the bare rules, as the graph would."""
    w1, b1, w2, b2 = (p.value for p in network.parameters().values())
    # The derivatives are functions; calling them in this order is all that `backward` decides.
    z1, _, dw1, db1 = affine.rule(x, w1, b1)
    a1, dz1 = sigmoid.rule(z1)
    z2, da1, dw2, db2 = affine.rule(a1, w2, b2)
    loss, dz2, _ = cross_entropy.rule(z2, y)
    d2 = dz2(np.ones_like(loss))
    d1 = dz1(da1(d2))
    for derivative, d in ((dw2, d2), (db2, d2), (dw1, d1), (db1, d1)):
        derivative(d)


def bare_gflops(n: int) -> float:
    """Measure what NumPy reaches on square matrices of float32."""
    a = np.ones((n, n), np.float32)
    # n² sums of n products: n³ multiplications and as many additions.
    return 2 * n**3 / median_seconds(lambda: a @ a, 5) / 1e9
