"""What the network says of a picture, put together from its views.

z = mean of the views' logits            p(class) = (1 - p(none)) · softmax(z / T)
o = mean of the views' outside neuron    p(none) = σ(o)

V  views of a picture     K  classes
"""

import json
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.preprocess import MEAN, STD
from neuropil.core.activations import SIGMOID
from neuropil.kit.errors import UserError, suggest
from neuropil.kit.networks.network import OnnxNetwork

Floats = NDArray[Any]
NONE, NONE_LABEL = "none", "none of them"  # what a person types for it, and is told
TEMPERATURES = 1e-6, 1e6  # the least and the greatest that a network may have


@dataclass(frozen=True)
class Label:
    """A class, and how likely it is, 0 to 1."""

    name: str
    probability: float

    def __str__(self) -> str:
        """Word it in percent."""
        return f"{self.name} {100 * self.probability:.1f} %"


@dataclass(frozen=True)
class ClassifierMetadata:
    """What the file of a network tells of it."""

    classes: tuple[str, ...]
    temperature: float
    outside: str


def read_metadata(network: OnnxNetwork) -> ClassifierMetadata:
    """Read it; raises UserError where it isn't there or makes no sense."""
    data = network.metadata
    try:
        classes = json.loads(data["classes"])
        made = ClassifierMetadata(tuple(classes), float(data["temperature"]), data["outside"])
        scaled = [json.loads(data[key]) for key in ("mean", "spread")]
    except (KeyError, ValueError, TypeError):
        classes = scaled = None
    fits = scaled == [MEAN.tolist(), STD.tolist()]
    least, most = TEMPERATURES
    if not fits or not is_printable(classes, made.outside) or not least <= made.temperature <= most:
        raise UserError(
            "network.mismatch",
            f"{network.path} doesn't tell its classes, temperature and scale as a network for"
            " classify does: teach or train it again",
            path=network.path,
        )
    return made


def is_printable(classes: Any, outside: str) -> bool:
    """Tell whether these can be shown as answers: different words of one line each."""
    return (
        isinstance(classes, list)
        and all(isinstance(name, str) and name.strip() and name.isprintable() for name in classes)
        and len({*classes, outside}) == len(classes) + 1
        and outside.isprintable()
    )


@dataclass(frozen=True)
class ClassName:
    """The name of a class."""

    SYNTAX: ClassVar[str] = "CLASS"

    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a name; which ones there are, the network tells."""
        if not text.strip():
            raise UserError(
                "option.syntax",
                "the name of a class is empty; give one, as in --label cat",
                name="label",
                value=text,
            )
        return cls(text)


@dataclass(frozen=True, eq=False)
class CropPredictions:
    """What the network says of the views of a picture.

    logits: (V, K); outsides: (V,); temperature: of the softmax
    none_label: what the answer is called that it is none of the classes, "" where there is none
    """

    classes: tuple[str, ...]
    logits: Floats
    none_logits: Floats
    temperature: float
    none_label: str

    @property
    def z(self) -> Floats:
        """Average the logits of the views: (K,)."""
        mean: Floats = self.logits.astype(np.float64).mean(axis=0)
        return mean

    @property
    def p_none(self) -> float:
        """Tell how likely it is none of the classes: σ of the views' mean."""
        if not self.none_label:
            return 0.0
        return SIGMOID.f(float(self.none_logits.astype(np.float64).mean()))

    @property
    def class_probabilities(self) -> Floats:
        """Tell how likely each class is, if it is one of them: softmax of z / T, (K,)."""
        powers = np.exp((self.z - self.z.max()) / self.temperature)
        p: Floats = powers / powers.sum()
        return p

    def ranked_labels(self) -> tuple[Label, ...]:
        """List all answers, the most likely first."""
        known = 1 - self.p_none
        every = [
            Label(name, known * float(p))
            for name, p in zip(self.classes, self.class_probabilities, strict=True)
        ]
        every += [Label(self.none_label, self.p_none)] if self.none_label else []
        return tuple(sorted(every, key=lambda one: -one.probability))

    def class_index(self, label: ClassName) -> int | None:
        """Find a class by its name; None for that it is none of them."""
        if self.none_label and label.name in (self.none_label, NONE):
            return None
        if label.name not in self.classes:
            names = (*self.classes, *([NONE] if self.none_label else []))
            raise UserError(
                "name.unknown",
                f"no class is called {label.name}{suggest(label.name, names)};"
                f" there are: {', '.join(names)}",
                value=label.name,
                possible=names,
            )
        return self.classes.index(label.name)
