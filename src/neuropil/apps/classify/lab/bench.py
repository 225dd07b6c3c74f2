"""What is measured of the classifier, and beside whom.

    neuropil bench classify                speed, of answers and of training
    neuropil bench classify --data DIR     and how often it is right

Speed is measured in one process and one run: answers beside the same network in torch and beside a
network of ResNet-18's shape (He et al. 2016, for 32 x 32 pixels, random weights, the same ONNX
Runtime); training beside a plain loop in torch and beside Keras's `fit` (on torch) of the same
network. What is not installed is left out: `pip install "neuropil[bench]"` brings it.
"""

import importlib.util
import os
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.app import CLASSIFIER, Classification, Classify
from neuropil.apps.classify.lab import evaluation, eye_evaluation, runs
from neuropil.apps.classify.lab.data import BATCH
from neuropil.apps.classify.preprocess import CLASSES, SIDE
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.report import Metrics, Report, Table, median_seconds_interleaved

SAMPLES = Path(__file__).parents[3] / "samples"
MANY = 256  # pictures at once
TURNS = 5  # of each network, one after the other
REPEATS = {1: 30, MANY: 2}  # how often it is timed in a turn
TRAINED = 4  # steps of training that are timed, each after one that is not


def measure(data: Path | None) -> Report:
    """Measure speed and, where there is data, quality."""
    app = Classify()
    tables, figures = bench_inference(app)
    photos, shown = bench_photos(app, Classify(threads=1))
    table, found = bench_training()
    more, told = evaluation.runs_table()
    tables = [*tables, photos, table, *more]
    figures = {**figures, **shown, **found, **told, **training_minutes(app)}
    if data is not None:
        for part in (
            evaluation.evaluate_test_set,
            evaluation.evaluate_photos,
            eye_evaluation.evaluate_thousand,
            eye_evaluation.evaluate_teaching,
        ):
            more, found = part(app, data)
            tables, figures = [*tables, *more], {**figures, **found}
    return Report(tuple(tables), figures)


def training_minutes(app: Classify) -> Metrics:
    """Tell how long the training of the shipped network took, as its record says."""
    minutes = [
        row.seconds / 60 for row in runs.runs_of_recipe(app.network(CLASSIFIER)) if row.seed == 0
    ]
    return {"minutes_to_train": minutes[0]} if minutes else {}


# Answers ------------------------------------------------------------------------------------------


def bench_inference(app: Classify) -> tuple[list[Table], Metrics]:
    """Time the bare network on one picture and on many at once, beside others."""
    rows: list[tuple[object, ...]] = []
    figures: Metrics = {"weights_mb": app.networks[CLASSIFIER].path.stat().st_size / 1e6}
    with tempfile.TemporaryDirectory() as folder:
        peers = inference_peers(app.network(CLASSIFIER), Path(folder))
        for n in (1, MANY):
            x = random_images(n)
            calls = {name: partial(run, x) for name, run in peers}
            took = median_seconds_interleaved(calls, REPEATS[n], TURNS)
            (ours, *_) = took.values()
            figures[f"images_per_second_{n}"] = n / ours
            for name, seconds in took.items():
                rows.append((name, n, n / seconds, seconds / ours))
                if "torch" in name:
                    figures["speed_vs_torch" if n == 1 else f"speed_vs_torch_{n}"] = seconds / ours
                if "ResNet" in name:
                    figures[f"speed_vs_resnet18_{n}"] = seconds / ours
    if importlib.util.find_spec("torch") is None:
        rows.append(("torch is not installed: nothing is beside it", "", "", ""))
    columns = ("network", "at once", "pictures a second", "times ours")
    return [Table("The bare network, 32 × 32", columns, tuple(rows))], figures


def bench_photos(app: Classify, one_thread: Classify) -> tuple[Table, Metrics]:
    """Time `classify` as it comes, by the eye: from the pixels of the package's photographs on."""
    photos = [Image.open(file) for file in sorted(SAMPLES.glob("*.jpg"))]

    def name_all(by: Classify) -> list[Classification]:
        return [by(photo) for photo in photos]

    calls = {"all cores": partial(name_all, app), "one thread": partial(name_all, one_thread)}
    took = median_seconds_interleaved(calls, 1, TURNS)
    rates = {name: len(photos) / seconds for name, seconds in took.items()}
    figures: Metrics = {
        "photos_per_second": rates["all cores"],
        "photos_per_second_one_thread": rates["one thread"],
    }
    title = f"neuropil classify, the package's {len(photos)} photographs, read before"
    return Table(title, ("threads", "photographs a second"), tuple(rates.items())), figures


def random_images(n: int) -> NDArray[np.float32]:
    """Make n pictures as the network takes them."""
    return np.random.default_rng(0).standard_normal((n, 3, SIDE, SIDE), np.float32)


Run = Callable[[NDArray[np.float32]], object]


def inference_peers(ours: OnnxNetwork, folder: Path) -> list[tuple[str, Run]]:
    """Make ready whatever answers; what needs torch is left out without it."""
    peers: list[tuple[str, Run]] = [
        ("neuropil, ONNX Runtime", lambda x: ours.run(picture=x)),
    ]
    if importlib.util.find_spec("torch") is None:
        return peers
    import torch

    from neuropil.apps.classify.lab.train import random_network

    network = random_network()
    residual = OnnxNetwork(export_resnet18(folder / "resnet18.onnx"))

    def eager(x: NDArray[np.float32]) -> object:
        with torch.inference_mode():
            return network(torch.from_numpy(x))

    peers.append(("neuropil, torch eager", eager))
    peers.append(("ResNet-18's shape, ONNX Runtime", lambda x: residual.run(picture=x)))
    return peers


def export_resnet18(path: Path) -> Path:
    """Write a network of ResNet-18's shape for 32 x 32 pixels, batch norms folded."""
    import torch
    from torch import Tensor, nn

    class Block(nn.Module):
        def __init__(self, n_in: int, width: int, stride: int) -> None:
            super().__init__()
            self.first = nn.Conv2d(n_in, width, 3, stride, 1)
            self.second = nn.Conv2d(width, width, 3, 1, 1)
            same = stride == 1 and n_in == width
            self.short = nn.Identity() if same else nn.Conv2d(n_in, width, 1, stride)

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.second(torch.relu(self.first(x)))
            return torch.relu(y + self.short(x))

    layers: list[nn.Module] = [nn.Conv2d(3, 64, 3, 1, 1), nn.ReLU()]
    n_in = 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Block(n_in, width, stride), Block(width, width, 1)]
        n_in = width
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, len(CLASSES))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            nn.Sequential(*layers).eval(),
            (torch.zeros(1, 3, SIDE, SIDE),),
            str(path),
            input_names=["picture"],
            dynamic_axes={"picture": {0: "B"}},
            dynamo=False,
        )
    return path


# Training -----------------------------------------------------------------------------------------


def bench_training() -> tuple[Table, Metrics]:
    """Time steps of training of the same network: by the recipe, by torch as usual, by Keras."""
    title = f"Training, pictures a second, batches of {BATCH}"
    columns = ("how", "pictures a second", "times ours")
    if importlib.util.find_spec("torch") is None:
        return Table(title, columns, (("torch is not installed", "", ""),)), {}
    steps: dict[str, Callable[[], object]] = {
        "neuropil train classify": recipe_step(),
        "a plain loop in torch": torch_step(),
    }
    if importlib.util.find_spec("keras"):
        steps["Keras's fit, on torch"] = keras_step()
    took = median_seconds_interleaved(steps, 1, TRAINED)
    ours = took["neuropil train classify"]
    rows = tuple((name, BATCH / seconds, seconds / ours) for name, seconds in took.items())
    figures: Metrics = {"train_images_per_second": BATCH / ours}
    for name, seconds in took.items():
        if name != "neuropil train classify":
            key = "train_speed_vs_keras" if "Keras" in name else "train_speed_vs_torch"
            figures[key] = seconds / ours
    return Table(title, columns, rows), figures


def random_labels() -> NDArray[np.int64]:
    """Draw a class for each picture of a batch."""
    return np.random.default_rng(0).integers(len(CLASSES), size=BATCH)


def recipe_step() -> Callable[[], object]:
    """Make a step as the recipe does it: Muon, smoothed labels, clipping, running mean."""
    from neuropil.apps.classify.lab.train import training_step

    return training_step(random_images(BATCH), random_labels())


def torch_step() -> Callable[[], object]:
    """Make a step as torch's tutorials do it: the same network, channels first, Adam.

    It multiplies in the recipe's precision.
    """
    import torch

    from neuropil.apps.classify.lab.train import base
    from neuropil.training.fit import autocast

    network = base().network()
    optimizer = torch.optim.Adam((p for p in network.parameters() if p.requires_grad), lr=1e-3)
    picture, label = torch.from_numpy(random_images(BATCH)), torch.from_numpy(random_labels())

    def step() -> None:
        with autocast(torch.device("cpu")):
            loss = torch.nn.functional.cross_entropy(network(picture)[0].float(), label)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()

    return step


def keras_step() -> Callable[[], object]:
    """Make a step as Keras's examples do it: the same layers, `compile` and `fit`.

    It multiplies in the recipe's precision.
    """
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    import torch

    from neuropil.apps.classify.lab.model import ClassifySize
    from neuropil.training.fit import autocast

    layers = keras.layers

    def convolved(x: Any, width: int, *others: Any) -> Any:
        for layer in (layers.Conv2D(width, 3, padding="same", use_bias=False), *others):
            x = layer(x)
        return layers.BatchNormalization(scale=False)(x)

    start = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(24, 2, activation="relu")(start)
    for width in ClassifySize().widths:
        x = layers.ReLU()(convolved(x, width, layers.MaxPooling2D()))
        made = convolved(layers.ReLU()(convolved(x, width)), width)
        x = layers.ReLU()(layers.add([x, made]))
    made = layers.Dense(len(CLASSES))(layers.GlobalMaxPooling2D()(x))
    network = keras.Model(start, made)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(optimizer="adam", loss=loss)
    x, y = random_images(BATCH).transpose(0, 2, 3, 1), random_labels()

    def step() -> None:
        with autocast(torch.device("cpu")):
            network.fit(x, y, batch_size=BATCH, epochs=1, verbose=0)

    return step
