"""A network that names what it sees: what its file tells of it, and what it says of a photograph.

    of_network(app.network("classifier")).predict(photo).ranked_labels()

Two kinds of files tell their classes: those of the recipe for ten classes, and those that were
taught (`teaching.py`). The eye tells none of them: how sure its thousand names may be was found on
photographs by `neuropil train classify --stage thousand`, and stands in `thousand.json`:

    o = w·e + b      e = (largest z - mean z) / standard deviation of z, over the thousand classes

o is the logit of *none of them*: a picture of nothing on the list leaves no class far above others.

V  views of a picture     K  classes     D  features
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from neuropil.apps.classify.crops import Crop, choose_crops, crop_and_resize
from neuropil.apps.classify.prediction import NONE, NONE_LABEL, CropPredictions, Floats
from neuropil.apps.classify.preprocess import EYE_SCALE, SMALL_SCALE, PixelScale
from neuropil.eye import network as eye
from neuropil.eye.network import SeenClass
from neuropil.kit.errors import UserError
from neuropil.kit.media.image import Image
from neuropil.kit.media.opaque import to_rgb8
from neuropil.kit.networks.network import APP_KEY, OnnxNetwork
from neuropil.kit.progress import ticking

TEMPERATURES = 1e-6, 1e6  # the least and the greatest that a network may have
THOUSAND = Path(__file__).with_name("thousand.json")


@dataclass(frozen=True)
class NoneNeuron:
    """The neuron that says none of the thousand: o = w·e + b."""

    weight: float
    bias: float

    def logits(self, z: Floats) -> Floats:
        """Calculate o (...) from logits (..., K)."""
        made: Floats = self.weight * stand_out(z) + self.bias
        return made


@dataclass(frozen=True)
class ClassifierMetadata:
    """What is known of a network: its classes, how sure they may be, and how it sees.

    none_label: what *none of them* is called, "" where it never says so
    none_neuron: of the eye; a network of the other kind has an output for it
    """

    classes: tuple[SeenClass, ...]
    temperature: float
    none_label: str
    scale: PixelScale
    none_neuron: NoneNeuron | None = None


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network, and what is known of it."""

    network: OnnxNetwork
    metadata: ClassifierMetadata

    def crops(self, photo: Image) -> tuple[Crop, ...]:
        """Choose the parts of a photograph that are looked at."""
        return choose_crops(photo.height, photo.width, self.metadata.scale.side)

    def run(self, photo: Image) -> dict[str, Floats]:
        """Run the network on the views: logits (V, K), outside (V,), features (V, D)."""
        made = run_on_crops(self.network, photo, self.crops(photo), self.metadata.scale)
        neuron = self.metadata.none_neuron
        if neuron is None:
            return {**made, "outside": made["outside"][:, 0]}
        z = made["logits"].astype(np.float64)
        return {"logits": z, "outside": neuron.logits(z), "features": made["mean_features"]}

    def predict(self, photo: Image) -> CropPredictions:
        """Say how likely each class is, view by view; raises UserError for a damaged network."""
        made, told = self.run(photo), self.metadata
        require_sound(self.network.path, made, len(told.classes))
        return CropPredictions(
            told.classes, made["logits"], made["outside"], told.temperature, told.none_label
        )


def of_network(network: OnnxNetwork) -> Classifier:
    """Read what is known of a network; raises UserError where it isn't there or makes no sense."""
    is_eye = network.metadata.get(APP_KEY) == "eye"
    return Classifier(network, read_thousand() if is_eye else read_metadata(network))


@cache
def read_thousand() -> ClassifierMetadata:
    """Read how sure the eye's thousand names may be."""
    told = json.loads(THOUSAND.read_text(encoding="utf-8"))
    neuron = NoneNeuron(told["none_weight"], told["none_bias"])
    return ClassifierMetadata(eye.classes(), told["temperature"], NONE_LABEL, EYE_SCALE, neuron)


def read_metadata(network: OnnxNetwork) -> ClassifierMetadata:
    """Read what a file tells of its network; raises UserError as `of_network`."""
    data = network.metadata
    least, most = TEMPERATURES
    try:
        names, temperature, none = (
            json.loads(data["classes"]),
            float(data["temperature"]),
            data["outside"],
        )
        (scale,) = (each for each in (SMALL_SCALE, EYE_SCALE) if tells_scale(data, each))
        fits = is_printable(names, none) and least <= temperature <= most
    except (KeyError, ValueError, TypeError):
        fits = False
    if not fits:
        raise UserError(
            "network.mismatch",
            f"{network.path} doesn't tell its classes, temperature and scale as a network for"
            " classify does: teach or train it again",
            path=network.path,
        )
    classes = tuple(SeenClass(name, "", (NONE,) if name == NONE_LABEL else ()) for name in names)
    return ClassifierMetadata(classes, temperature, none, scale)


def tells_scale(data: dict[str, str], scale: PixelScale) -> bool:
    """Tell whether a file says that its network sees like this."""
    side = int(data.get("side", SMALL_SCALE.side))  # the network of ten classes tells none
    given = np.array([json.loads(data[key]) for key in ("mean", "spread")], np.float32)
    ours = np.array([scale.mean, scale.spread], np.float32)
    return side == scale.side and np.array_equal(given, ours)


def is_printable(classes: Any, none: str) -> bool:
    """Tell whether these can be shown as answers: different words of one line each."""
    return (
        isinstance(classes, list)
        and all(isinstance(name, str) and name.strip() and name.isprintable() for name in classes)
        and len({*classes, none}) == len(classes) + 1
        and none.isprintable()
    )


def require_sound(path: Path, made: dict[str, Floats], n_classes: int) -> None:
    """Raise UserError where outputs are not those of a sound network."""
    if made["logits"].shape[1] != n_classes:
        raise UserError(
            "network.damaged",
            f"{path} names {n_classes} classes and has {made['logits'].shape[1]} outputs:"
            " teach or train it again",
            path=path,
        )
    if not all(np.isfinite(values).all() for values in made.values()):
        raise UserError(
            "network.damaged",
            f"{path} calculates numbers that are not finite: its weights are damaged or too"
            " large; teach or train it again",
            path=path,
        )


def stand_out(z: Floats) -> Floats:
    """Tell how far the largest of logits (..., K) stands out of all, in their spreads: (...)."""
    made: Floats = (z.max(axis=-1) - z.mean(axis=-1)) / z.std(axis=-1)
    return made


def run_on_crops(
    network: OnnxNetwork, photo: Image, seen_as: Sequence[Crop], scale: PixelScale
) -> dict[str, Floats]:
    """Run a network on the views of a photograph, and put each output together: (V, ...)."""
    whole = to_rgb8(photo)
    views = [crop_and_resize(whole, view) for view in ticking(seen_as)]
    same = len({view.shape for view in views}) == 1
    batches = [np.stack(views)] if same else [view[None] for view in views]
    parts = [network.run(picture=np.ascontiguousarray(scale.encode(batch))) for batch in batches]
    wanted = {"logits", "outside", "features", "mean_features"} & parts[0].keys()
    return {name: np.concatenate([part[name] for part in parts]) for name in wanted}
