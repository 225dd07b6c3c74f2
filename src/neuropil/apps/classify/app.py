"""The application: a picture in, what is on it out.

    classify(Image.open("cat.jpg")).guesses[0]                  Label("tabby", 0.63, "cat", ...)
    classify.sheet(PhotoFolder.open(Path("album"))).picture     a contact sheet
    classify.teach(ImageFolder.open(Path("flowers"))).network   a network that knows flowers

V  views of a picture     K  classes     D  features
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, final

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.classifier import Classifier, of_network
from neuropil.apps.classify.crops import choose_crops, crop_and_resize
from neuropil.apps.classify.distance import PictureViews, fit_distance
from neuropil.apps.classify.lda import fit_head, group_duplicates
from neuropil.apps.classify.photo_folder import PhotoFolder
from neuropil.apps.classify.prediction import (
    NONE,
    NONE_LABEL,
    ClassName,
    Label,
)
from neuropil.apps.classify.probe import build_probe
from neuropil.apps.classify.render import CELL, confusion_matrix, contact_sheet
from neuropil.apps.classify.teaching import with_head
from neuropil.contract import App, verb
from neuropil.core.probe import Probe
from neuropil.eye.network import NETWORK
from neuropil.kit.errors import UserError, escape_control
from neuropil.kit.media.image import Image
from neuropil.kit.media.image_folder import ImageFolder, summarize_list
from neuropil.kit.media.opaque import to_rgb8
from neuropil.kit.networks.network import NetworkFile, listed_files
from neuropil.kit.networks.onnx_file import OnnxFile
from neuropil.kit.progress import message, track
from neuropil.kit.ranges import Range

CLASSIFIER, EYE = "classifier", "eye"
TWO_CLASSES = (
    f"of two classes none can be left out, so how other things fare is not known: don't trust"
    f" {NONE_LABEL}; add a class, or a folder {NONE} of other things"
)
TOP, RATE = Range(1, 1001), Range(0, 100)
Classes = Literal["thousand", "ten"]


@dataclass(frozen=True)
class Classification:
    """What may be on a picture, the most likely first."""

    guesses: tuple[Label, ...]


@dataclass(frozen=True)
class PhotoGuesses:
    """What may be on the picture of a file, the most likely first."""

    file: str
    guesses: tuple[Label, ...]

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
    own_classes_kept: share of these, not used for learning, that are not told none of them
    other_things_recognized: share of the pictures of a class that was left out of the learning
        that are told none of them, so of things that are like the rest; None of two classes, where
        leaving one out leaves nothing to tell apart. Both None where the user has a class for that
    cross_validated_accuracy: share of these told right, by networks that saw four fifths of all
    share_of_largest_class: of these; so much is right when the largest class is always said
    """

    network: OnnxFile
    confusion: Image
    classes: tuple[str, ...]
    pictures: int
    tested: int
    own_classes_kept: float | None
    other_things_recognized: float | None
    cross_validated_accuracy: float
    share_of_largest_class: float


@final
class Classify(App):
    """Says what is on pictures."""

    summary = "Say what is in a picture: a thousand things, or none of them."
    open_example = "neuropil open classify old.jpg --label cat -o cat.html"
    networks: ClassVar[Mapping[str, NetworkFile]] = {
        EYE: NETWORK,
        CLASSIFIER: NetworkFile(
            Path(__file__).parent / "weights",
            "classify-long-v1.onnx",
            sha256="96dea3cd0507bf35fddfb338eabd7bd7c36886fe02a8fbb8ee63af6e3c39cc26",
            licence="MIT",
        ),
    }

    @verb(example="neuropil classify old.jpg")
    def __call__(
        self, photo: Image, *, top: Annotated[int, TOP] = 3, classes: Classes | None = None
    ) -> Classification:
        """Say what is in a picture: a thousand things, or none of them.

        photo: a picture of any size
        top: how many answers to give, the most likely first
        classes: the thousand that the eye knows, or the ten of CIFAR-10, by a network that was
            trained here from nothing; by default the thousand, or those of your own network
        """
        return Classification(self.classifier(classes).predict(photo).ranked_labels()[:top])

    @verb(example="neuropil classify-sheet album -o sheet.png")
    def sheet(
        self,
        photos: PhotoFolder,
        *,
        top: Annotated[int, TOP] = 3,
        classes: Classes | None = None,
    ) -> ContactSheet:
        """Draw a contact sheet of a folder of pictures.

        photos: a folder of pictures; those in folders below it are taken too
        top: how many answers to give for each picture, the most likely first
        classes: the thousand that the eye knows, or the ten of CIFAR-10; by default the thousand,
            or those of your own network
        """
        classifier = self.classifier(classes)
        small: list[Image] = []
        told: list[PhotoGuesses] = []
        for file, photo in photos:
            small.append(photo.thumbnail(CELL))
            told.append(PhotoGuesses(str(file), classifier.predict(photo).ranked_labels()[:top]))
        if not told:
            raise UserError(
                "input.damaged",
                f"no picture of {photos.folder} can be read; name another folder",
                path=photos.folder,
            )
        return ContactSheet(draw_contacts(small, told), tuple(told))

    @verb(example="neuropil classify-teach flowers -o mine.onnx")
    def teach(self, folder: ImageFolder) -> TaughtClassifier:
        """Learn your own classes from a folder of pictures.

        folder: a folder that holds a folder for each class, with 5 pictures or more in each
        """
        self._refuse_taught()
        names = name_classes(tuple(folder.classes))
        labels = np.repeat(np.arange(len(names)), [len(its) for its in folder.classes.values()])
        photos = [photo for its in folder.classes.values() for photo in its]
        groups = group_duplicates(np.stack([gray_thumbnail(photo) for photo in photos]))
        require_testable(groups, labels, names)
        warn_duplicates(groups, labels, folder.labels_of_images)
        views = extract_views(of_network(self.network(EYE)), photos)
        lesson = fit_head(views.mean(), labels, len(names), groups)
        distance = fit_distance(views, labels, lesson)
        true = labels[lesson.tested]
        eye, none = OnnxFile(self.network(EYE).content), choose_none_label(names)
        if none and distance.refused is None:
            message(TWO_CLASSES)
        return TaughtClassifier(
            with_head(eye, lesson, distance, names, none),
            confusion_matrix(true, lesson.told, names),
            names,
            len(photos),
            len(true),
            distance.accepted if none else None,
            distance.refused if none else None,
            lesson.accuracy,
            int(np.bincount(true).max()) / len(true),
        )

    def _refuse_taught(self) -> None:
        """Raise UserError where a network was named that teaching makes no use of."""
        own = self._files.get(CLASSIFIER)
        if own and str(own) not in listed_files():  # these may be for other verbs
            raise UserError(
                "option.conflict",
                f"{own} would change nothing: classes are learned on the eye's features; leave it"
                " out, and put the pictures of all classes into the folder",
                path=own,
            )

    def classifier(self, classes: Classes | None = None) -> Classifier:
        """Open the network that knows these classes; raises UserError where there are two."""
        own = self._files.get(CLASSIFIER)
        if own and classes:
            raise UserError(
                "option.conflict",
                f"classes is {classes}, and {own} has classes of its own; leave out one of them",
                name="classes",
            )
        is_eye = classes == "thousand" or not (classes or own)
        return of_network(self.network(EYE if is_eye else CLASSIFIER))

    def probe(
        self,
        photo: Image,
        *,
        label: ClassName | None = None,
        target: ClassName | None = None,
        rate: Annotated[float, RATE] = 0.01,
        classes: Classes | None = None,
    ) -> Probe:
        """Find the neuron behind the probability of a class.

        photo: the picture that was classified
        label: the class whose probability is opened; by default the most likely one
        target: the true class of the picture; with it a loss and a training step are shown
        rate: learning rate of the training step towards the target
        classes: the thousand that the eye knows, or the ten of CIFAR-10; by default the thousand,
            or those of your own network
        """
        return build_probe(self.classifier(classes), photo, label, target, rate)


def draw_contacts(small: Sequence[Image], told: Sequence[PhotoGuesses]) -> Image:
    """Draw the contact sheet of pictures by the names of their files."""
    return contact_sheet(
        [
            (Path(each.file).name, photo, list(map(str, each.guesses)))
            for photo, each in zip(small, told, strict=True)
        ]
    )


def gray_thumbnail(photo: Image) -> NDArray[np.float64]:
    """Reduce a picture to what it is compared with others by: (32, 32)."""
    whole, *_ = choose_crops(photo.height, photo.width)
    small: NDArray[np.float64] = (
        crop_and_resize(to_rgb8(photo), whole).astype(np.float64).mean(axis=2)
    )
    return small


def require_testable(
    groups: NDArray[np.int64], labels: NDArray[np.int64], names: Sequence[str]
) -> None:
    """Say which classes can't be tested; raises UserError where none can."""
    same = [name for k, name in enumerate(names) if len(np.unique(groups[labels == k])) == 1]
    if len(same) == len(names):
        raise UserError(
            "input.content",
            "in every class all pictures look the same, so nothing would be left to test by:"
            f" add others to {summarize_list(same)}",
        )
    for name in same:
        message(f"all pictures of {name} look the same: it is learned, not tested; add others")


def warn_duplicates(
    groups: NDArray[np.int64], labels: NDArray[np.int64], titles: Sequence[str]
) -> None:
    """Say which pictures of different classes look the same."""
    pairs = []
    for group in np.unique(groups):
        (its,) = np.nonzero(groups == group)
        others = its[labels[its] != labels[its[0]]]
        pairs += [f"{titles[its[0]]} and {titles[other]}" for other in others]
    if pairs:
        message(f"these look the same, in two classes: {summarize_list(pairs)}")


def extract_features(classifier: Classifier, photos: Sequence[Image]) -> NDArray[np.float64]:
    """Find the mean features (N, D) of the views of every picture."""
    return extract_views(classifier, photos).mean()


def extract_views(classifier: Classifier, photos: Sequence[Image]) -> PictureViews:
    """Find the features of all views of every picture."""
    parts = [
        classifier.run(photo)["features"]
        for photo in track(photos, total=len(photos), title="looking")
    ]
    of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return PictureViews(np.concatenate(parts).astype(np.float64), of)


def name_classes(folders: Sequence[str]) -> tuple[str, ...]:
    """Name classes as their folders; raises UserError where two are for none of them.

    A folder none is for none of them, in whatever letters: the answer has one name, always.
    """
    for_none = [name for name in folders if name.casefold() in (NONE, NONE_LABEL)]
    if len(for_none) > 1:
        words = f"{' and '.join(for_none)} are both for {NONE_LABEL}: put their pictures together"
        raise UserError("input.content", words, name=for_none[1])
    return tuple(NONE_LABEL if name in for_none else name for name in folders)


def choose_none_label(names: Sequence[str]) -> str:
    """Name the answer none of them, or "" where the user has a class for that."""
    if NONE_LABEL not in names:
        return NONE_LABEL
    message(f"{NONE_LABEL} is a class of yours, so no picture is told so by its distance")
    return ""
