"""The application: a picture in, what is on it out.

classify(Image.open("cat.jpg")).guesses[0]                  Guess("cat", 0.93)
classify.sheet(PhotoFolder.open(Path("album"))).picture     a contact sheet
classify.teach(Album.open(Path("flowers"))).network         a network that knows flowers

V  views of a picture     K  classes     D  features
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.crops import View, seen, shallow, views
from neuropil.apps.classify.lda import Lesson, alike, taught
from neuropil.apps.classify.photo_folder import PhotoFolder
from neuropil.apps.classify.prediction import Answer, ClassName, Guess, Told, told
from neuropil.apps.classify.preprocess import Floats, encode
from neuropil.apps.classify.probe import found
from neuropil.apps.classify.render import CELL, confusion, contacts
from neuropil.contract import App, verb
from neuropil.core.probe import Probe
from neuropil.kit.errors import UserError, escape_control
from neuropil.kit.media.image import Image
from neuropil.kit.media.image_folder import Album, few
from neuropil.kit.networks.network import Network, Weights
from neuropil.kit.networks.onnx_file import Model
from neuropil.kit.progress import say, ticking, track
from neuropil.kit.ranges import Between

CLASSIFIER = "classifier"
TOP, RATE = Between(1, 1000), Between(0, 100)
NEVER = -100.0  # the outside neuron's bias in a network that knows no outside: p = e^-100


@dataclass(frozen=True)
class Classification:
    """What may be on a picture, the most likely first."""

    guesses: tuple[Guess, ...]


@dataclass(frozen=True)
class PhotoGuesses:
    """What may be on the picture of a file, the most likely first."""

    file: str
    guesses: tuple[Guess, ...]

    def __str__(self) -> str:
        """Word it in a line."""
        return f"{escape_control(self.file)}: {', '.join(map(str, self.guesses))}"


@dataclass(frozen=True, eq=False)
class ContactSheet:
    """The pictures of a folder on one, what may be on each below it."""

    picture: Image
    guesses: tuple[PhotoGuesses, ...]


@dataclass(frozen=True, eq=False)
class TaughtClassifier:
    """A network for classes of one's own, and how it does on pictures that it hasn't seen.

    confusion: which class is taken for which
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

    summary = "Say what is in a picture: ten classes, or none of them."
    open_example = "neuropil open classify old.jpg --label cat -o cat.html"
    networks: ClassVar[Mapping[str, Weights]] = {
        CLASSIFIER: Weights(
            Path(__file__).parent / "weights",
            "classify-long-v1.onnx",
            sha256="1b7d38b71974d4782e99491db4182f970c7fab09fbe7821d1dfeaefd5dbdf1e8",
            licence="MIT",
        )
    }

    @verb(example="neuropil classify old.jpg")
    def __call__(self, photo: Image, *, top: Annotated[int, TOP] = 3) -> Classification:
        """Say what is in a picture: ten classes, or none of them.

        photo: a picture of any size
        top: how many answers to give, the most likely first
        """
        return Classification(self.guesses(photo)[:top])

    @verb(example="neuropil classify-sheet album -o sheet.png")
    def sheet(self, photos: PhotoFolder, *, top: Annotated[int, TOP] = 3) -> ContactSheet:
        """Draw a contact sheet of a folder of pictures.

        photos: a folder of pictures; those in folders below it are taken too
        top: how many answers to give for each picture, the most likely first
        """
        small: list[Image] = []
        told: list[PhotoGuesses] = []
        for file, photo in photos:
            small.append(photo.thumbnail(CELL))
            told.append(PhotoGuesses(str(file), self.guesses(photo)[:top]))
        if not told:
            raise UserError(
                "input.damaged",
                f"no picture of {photos.folder} can be read; name another folder",
                path=photos.folder,
            )
        return ContactSheet(draw_contacts(small, told), tuple(told))

    @verb(example="neuropil classify-teach flowers -o mine.onnx")
    def teach(self, folder: Album) -> TaughtClassifier:
        """Learn your own classes from a folder of pictures.

        folder: a folder that holds a folder for each class, with 5 pictures or more in each
        """
        names = tuple(folder.classes)
        labels = np.repeat(np.arange(len(names)), [len(its) for its in folder.classes.values()])
        photos = [photo for its in folder.classes.values() for photo in its]
        groups = alike(np.stack([grey(photo) for photo in photos]))
        expect_testable(groups, labels, names)
        warn(groups, labels, folder.titles)
        lesson = taught(features(self.network(CLASSIFIER), photos), labels, len(names), groups)
        true = labels[lesson.tested]
        return TaughtClassifier(
            self.with_head(lesson, names),
            confusion(true, lesson.told, names),
            names,
            len(photos),
            len(true),
            lesson.accuracy,
            int(np.bincount(true).max()) / len(true),
        )

    def guesses(self, photo: Image) -> tuple[Guess, ...]:
        """Say how likely each class is, the most likely first."""
        return self.answer(photo).ranked()

    def answer(self, photo: Image) -> Answer:
        """Run the network on all views of a picture."""
        network, told = self.network(CLASSIFIER), self.told
        made = looked(network, photo, views(photo.height, photo.width))
        if made["logits"].shape[1] != len(told.classes):
            raise UserError(
                "network.damaged",
                f"{network.path} names {len(told.classes)} classes and has"
                f" {made['logits'].shape[1]} outputs: teach or train it again",
                path=network.path,
            )
        if not all(np.isfinite(values).all() for values in made.values()):
            raise UserError(
                "network.damaged",
                f"{network.path} calculates numbers that are not finite: its weights are"
                " damaged or too large; teach or train it again",
                path=network.path,
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
        return told(self.network(CLASSIFIER))

    def with_head(self, lesson: Lesson, names: tuple[str, ...]) -> Model:
        """Put a new last layer on the network."""
        model = Model(self.network(CLASSIFIER).content)
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

        photo: the picture that was classified
        label: the class whose probability is opened; by default the most likely one
        target: the true class of the picture; with it a loss and a training step are shown
        rate: learning rate of the training step towards the target
        """
        seen_as = views(photo.height, photo.width)
        answer = self.answer(photo)
        return found(self.network(CLASSIFIER).path, photo, seen_as, answer, label, target, rate)


def looked(network: Network, photo: Image, seen_as: Sequence[View]) -> dict[str, Floats]:
    """Run a network on the views of a picture: logits (V, K), outside (V, 1), features (V, D)."""
    whole = shallow(photo)
    pixels = np.stack([seen(whole, view) for view in ticking(seen_as)])
    return network.run(picture=np.ascontiguousarray(encode(pixels)))


def draw_contacts(small: Sequence[Image], told: Sequence[PhotoGuesses]) -> Image:
    """Draw the contact sheet of pictures by the names of their files."""
    return contacts(
        [
            (Path(each.file).name, photo, list(map(str, each.guesses)))
            for photo, each in zip(small, told, strict=True)
        ]
    )


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
