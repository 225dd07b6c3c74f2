"""The application: a picture in, what is on it out.

classify(Image.open("cat.jpg")).guesses[0]         Guess("cat", 0.93)
classify.teach(Album.open(Path("flowers")))        a network that knows flowers

V  views of a picture     K  classes     D  features
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.answer import Answer, ClassName, Guess, Told, told
from neuropil.apps.classify.data import Floats, encode
from neuropil.apps.classify.probe import found
from neuropil.apps.classify.render import confusion, contacts
from neuropil.apps.classify.teaching import Lesson, alike, taught
from neuropil.apps.classify.views import View, seen, shallow, views
from neuropil.kit.album import Album, few
from neuropil.kit.between import Between
from neuropil.kit.errors import UserError
from neuropil.kit.image import Image
from neuropil.kit.model import Model
from neuropil.kit.probe import Probe
from neuropil.kit.progress import say, track
from neuropil.kit.weights import Network, Weights
from neuropil.registry import App

TOP, RATE = Between(1, 1000), Between(0, 100)
NEVER = -100.0  # the outside neuron's bias in a network that knows no outside: p = e^-100


@dataclass(frozen=True)
class Classified:
    """What may be on a picture, the most likely first."""

    guesses: tuple[Guess, ...]


@dataclass(frozen=True, eq=False)
class Taught:
    """A network for classes of one's own, and how it does on pictures that it hasn't seen.

    tested: how many pictures could be left out of the learning and be tested by
    cross_validated_accuracy: share of these told right, by networks that saw four fifths of all
    share_of_largest_class: of these; so much is right when the largest class is always said
    """

    network: Model
    confusion: Image
    classes: tuple[str, ...]
    pictures: int
    tested: int
    cross_validated_accuracy: float
    share_of_largest_class: float


@final
class Classify(App):
    """Says what is on pictures."""

    name = "classify"
    title = "say what is in a picture, also in classes of your own"
    verbs = ("teach",)
    weights: ClassVar[Weights] = Weights(
        Path(__file__).parent / "weights",
        "classify-long-v1.onnx",
        sha256="1b7d38b71974d4782e99491db4182f970c7fab09fbe7821d1dfeaefd5dbdf1e8",
        licence="MIT",
    )

    def __call__(self, photo: Image, *, top: Annotated[int, TOP] = 3) -> Classified:
        """Say what is in a picture: one of ten kinds of things, or none of them.

        photo: a picture of any size
        top: how many answers to give, the most likely ones
        """
        TOP.check("top", top)
        return Classified(self.guesses(photo)[: int(top)])

    def guesses(self, photo: Image) -> tuple[Guess, ...]:
        """Say how likely each class is, the most likely first."""
        return self.answer(photo).ranked()

    def answer(self, photo: Image) -> Answer:
        """Run the network on all views of a picture."""
        seen_as = views(photo.height, photo.width)
        told, made = self.told, looked(self.network, photo, seen_as)
        if made["logits"].shape[1] != len(told.classes):
            raise UserError(
                "network.damaged",
                f"{self.network.path} names {len(told.classes)} classes and has"
                f" {made['logits'].shape[1]} outputs: teach or train it again",
                path=self.network.path,
            )
        if not all(np.isfinite(values).all() for values in made.values()):
            raise UserError(
                "network.damaged",
                f"{self.network.path} calculates numbers that are not finite: its weights are"
                " damaged or too large; teach or train it again",
                path=self.network.path,
            )
        return Answer(
            told.classes, made["logits"], made["outside"][:, 0], told.temperature, told.outside
        )

    def view_names(self, photo: Image) -> tuple[str, ...]:
        """Name the parts of a picture that are looked at, as `answer` has them."""
        return tuple(view.name for view in views(photo.height, photo.width))

    @cached_property
    def told(self) -> Told:
        """Read what the network's file tells of it."""
        return told(self.network)

    def sheet(self, seen: Sequence[tuple[str, Image, Classified]]) -> Image:
        """Draw a contact sheet of named pictures with what was said of them."""
        return contacts([(name, photo, list(map(str, c.guesses))) for name, photo, c in seen])

    def teach(self, album: Album) -> Taught:
        """Learn classes of your own: from a folder that has one for each, of 5 pictures or more."""
        names = tuple(album.classes)
        labels = np.repeat(np.arange(len(names)), [len(its) for its in album.classes.values()])
        photos = [photo for its in album.classes.values() for photo in its]
        groups = alike(np.stack([grey(photo) for photo in photos]))
        expect_testable(groups, labels, names)
        warn(groups, labels, album.titles)
        lesson = taught(features(self.network, photos), labels, len(names), groups)
        true = labels[lesson.tested]
        return Taught(
            self.with_head(lesson, names),
            confusion(true, lesson.told, names),
            names,
            len(photos),
            len(true),
            lesson.accuracy,
            int(np.bincount(true).max()) / len(true),
        )

    def with_head(self, lesson: Lesson, names: tuple[str, ...]) -> Model:
        """Put a new last layer on the network."""
        model = Model.open(self.network.path)
        return model.replaced(
            {
                "head.weight": lesson.head.weight,
                "head.bias": lesson.head.bias,
                "outside.weight": np.zeros_like(model.tensor("outside.weight")),
                "outside.bias": np.full(1, NEVER),
            },
            {
                "classes": json.dumps(names),
                "temperature": "1.0",
                "outside": "",
                "scores": json.dumps({"accuracy": lesson.accuracy}),
                "data": "pictures of the user's own, for the last layer; the rest as shipped",
            },
        )

    def probe(
        self,
        photo: Image,
        *,
        label: ClassName | None = None,
        target: ClassName | None = None,
        rate: Annotated[float, RATE] = 0.01,
    ) -> Probe:
        """Find the neuron behind the probability of a class.

        photo: the picture that was looked at
        label: the class; the most likely one by default
        target: the true class; then there is a loss and a step
        rate: of that step
        """
        RATE.check("rate", rate)
        seen_as = views(photo.height, photo.width)
        answer = self.answer(photo)
        return found(self.network.path, photo, seen_as, answer, label, target, rate)


def looked(network: Network, photo: Image, seen_as: Sequence[View]) -> dict[str, Floats]:
    """Run a network on the views of a picture: logits (V, K), outside (V, 1), features (V, D)."""
    whole = shallow(photo)
    pixels = np.stack([seen(whole, view) for view in seen_as])
    return network.run(picture=np.ascontiguousarray(encode(pixels)))


def grey(photo: Image) -> NDArray[np.float64]:
    """Reduce a picture to what it is compared with others by: (32, 32)."""
    whole, *_ = views(photo.height, photo.width)
    small: NDArray[np.float64] = seen(shallow(photo), whole).astype(np.float64).mean(axis=2)
    return small


def expect_testable(
    groups: NDArray[np.int64], labels: NDArray[np.int64], names: Sequence[str]
) -> None:
    """Say which classes can't be tested; raises UserError where none can."""
    same = [name for k, name in enumerate(names) if len(np.unique(groups[labels == k])) == 1]
    if len(same) == len(names):
        raise UserError(
            "input.content",
            "in every class all pictures look the same, so nothing would be left to test by:"
            f" add others to {few(same)}",
        )
    for name in same:
        say(f"all pictures of {name} look the same: it is learned, not tested; add others")


def warn(groups: NDArray[np.int64], labels: NDArray[np.int64], titles: Sequence[str]) -> None:
    """Say which pictures of different classes look the same."""
    pairs = []
    for group in np.unique(groups):
        (its,) = np.nonzero(groups == group)
        others = its[labels[its] != labels[its[0]]]
        pairs += [f"{titles[its[0]]} and {titles[other]}" for other in others]
    if pairs:
        say(f"these look the same, in two classes: {few(pairs)}")


def features(network: Network, photos: Sequence[Image]) -> NDArray[np.float64]:
    """Find the mean features (N, D) of the views of every picture."""
    rows = [
        looked(network, photo, views(photo.height, photo.width))["features"].mean(axis=0)
        for photo in track(photos, total=len(photos), title="looking")
    ]
    return np.array(rows, np.float64)
