"""How right the eye's names are, and classes of one's own on its features.

    neuropil bench classify --data DIR

DIR holds what `photo_sets.py` lists. The samples of ImageNet's classes may be of its training set;
PACS's photographs are of other sources, and nothing here was chosen by them.

    N  photographs     K  classes
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.app import EYE, Classify, extract_features
from neuropil.apps.classify.classifier import Classifier, of_network
from neuropil.apps.classify.lab import photo_sets
from neuropil.apps.classify.lab.calibration import expected_calibration_error
from neuropil.apps.classify.lab.photo_sets import LabeledPhoto
from neuropil.apps.classify.lda import fit_head
from neuropil.apps.classify.prediction import NONE, NONE_LABEL, CropPredictions, Label
from neuropil.core import Adam, Dense, Network, ReLU, cross_entropy
from neuropil.kit.media.image import Image
from neuropil.kit.media.image_folder import ImageFolder
from neuropil.kit.progress import track
from neuropil.kit.report import Metrics, Table

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Mask = NDArray[np.bool_]

TAUGHT_BY = (5, 20, 50)  # pictures a class
TESTED = 50  # others of each class
SEEDS = 3  # draws of the pictures
TIMED_CLASSES = 10  # of 50 pictures each
HIDDEN, EPOCHS, BATCH, RATE = 100, 50, 16, 1e-3  # Teachable Machine's defaults


def evaluate_thousand(app: Classify, data: Path) -> tuple[list[Table], Metrics]:
    """Measure names on the samples of the thousand classes, and on PACS's photographs."""
    classifier = of_network(app.network(EYE))
    of_list = predict_all(classifier, photo_sets.samples(data))
    ranks = [int((answer.z > answer.z[photo.right[0]]).sum()) for photo, answer in of_list]
    first, five = (float(np.mean([rank < n for rank in ranks])) for n in (1, 5))
    printed = [answer.ranked_labels()[0] for _, answer in of_list]
    refused = float(np.mean([label.name == NONE_LABEL for label in printed]))
    figures: Metrics = {"eye_top1": first, "eye_top5": five, "eye_refused": refused}
    rows = (
        ("right at the first name, %", 100 * first),
        ("among the first five, %", 100 * five),
        ("none of them is printed first, %", 100 * refused),
    )
    title = "A photograph of each of the thousand classes (may be of ImageNet's training set)"
    tables, more = evaluate_pacs(classifier, data)
    old, still_more = evaluate_old(classifier, data)
    whole = Table(title, ("what", "measured"), rows)
    return [whole, *tables, *old], {**figures, **more, **still_more}


def evaluate_pacs(classifier: Classifier, data: Path) -> tuple[list[Table], Metrics]:
    """Measure on photographs of other sources: right words, and none of them."""
    told = predict_all(classifier, photo_sets.pacs(data, 200))
    shown = [photo.folder for photo, _ in told]
    right, sure, inside, among = compare_with_truth(told)
    figures: Metrics = {
        "photo_accuracy": float(right[inside].mean()),
        "photo_accuracy_among": float(among[inside].mean()),
        "photo_none": float(right[~inside].mean()),
        "photo_confidence": float(sure.mean()),
        "photo_right": float(right.mean()),
        "photo_calibration_error": expected_calibration_error(sure, right),
        "n_pacs": len(told),
    }
    rows = []
    for folder, word in photo_sets.PACS.items():
        its = np.array([each == folder for each in shown])
        name = folder if word != NONE else f"{folder}: none of them"
        rows.append((name, int(its.sum()), 100 * float(right[its].mean()), 100 * sure[its].mean()))
    columns = ("photographs of PACS", "how many", "right as it is printed, %", "mean p, %")
    return [Table("Photographs of other sources", columns, tuple(rows))], figures


def evaluate_old(classifier: Classifier, data: Path) -> tuple[list[Table], Metrics]:
    """Measure on old photographs, the frame of the negative around them, that fsa.tsv lists.

    They were looked at by eye: 20 show something of the list, 13 people or a bare field.
    """
    told = [
        (photo, classifier.predict(picture))
        for photo, picture in track(photo_sets.old(data), total=33, title="photographs")
    ]
    right, sure, inside, among = compare_with_truth(told)
    figures: Metrics = {
        "fsa_right": float(right.mean()),
        "fsa_confidence": float(sure.mean()),
        "fsa_right_among": float(among[inside].mean()),
        "fsa_known": float(right[inside].mean()),
        "fsa_none": float(right[~inside].mean()),
        "n_fsa": len(told),
    }
    rows = (
        ("right as it is printed, %", 100 * float(right.mean())),
        ("mean probability of what is printed, %", 100 * float(sure.mean())),
        ("of what is on the list: right as it is printed, %", 100 * float(right[inside].mean())),
        ("of what is on the list: right if it has to choose, %", 100 * float(among[inside].mean())),
        ("of what is not: none of them, %", 100 * float(right[~inside].mean())),
    )
    title = f"{len(told)} photographs of 1935-45, grey, with the frame around them"
    return [Table(title, ("what", "measured"), rows)], figures


def compare_with_truth(
    told: Sequence[tuple[LabeledPhoto, CropPredictions]],
) -> tuple[Mask, Floats, Mask, Mask]:
    """Tell of each photograph (N,) whether the first answer is right, and its probability.

    Also whether it shows something of the list, and whether its largest logit would be right.
    """
    first = [answer.ranked_labels()[0] for _, answer in told]
    right = np.array([is_right(*each) for each in zip(told, first, strict=True)])
    sure = np.array([label.probability for label in first])
    inside = np.array([bool(photo.right) for photo, _ in told])
    among = np.array([int(answer.z.argmax()) in photo.right for photo, answer in told])
    return right, sure, inside, among


def is_right(told: tuple[LabeledPhoto, CropPredictions], first: Label) -> bool:
    """Tell whether the first answer is a right one: a class, or none of them."""
    photo, answer = told
    if not photo.right:
        return first.name == NONE_LABEL
    return first.name in {answer.classes[k] for k in photo.right}


def predict_all(
    classifier: Classifier, photos: Sequence[LabeledPhoto]
) -> list[tuple[LabeledPhoto, CropPredictions]]:
    """Classify photographs."""
    return [
        (photo, classifier.predict(Image.open(photo.file)))
        for photo in track(photos, total=len(photos), title="photographs")
    ]


# Classes of one's own -----------------------------------------------------------------------------


def evaluate_teaching(app: Classify, data: Path) -> tuple[list[Table], Metrics]:
    """Teach the classes of PACS and Intel's scenes by 5, 20 and 50 photographs; test by others."""
    files = album_files(data)
    names = list(files)
    classifier = of_network(app.network(EYE))
    n = TAUGHT_BY[-1] + TESTED
    photos = [Image.open(file) for name in names for file in files[name]]
    x, grey = (
        extract_features(classifier, seen).reshape(len(names), n, -1)
        for seen in (photos, [to_grey(photo) for photo in photos])
    )
    rows: list[tuple[object, ...]] = []
    figures: Metrics = {}
    for count in TAUGHT_BY:
        found = np.array([compare_heads(x, grey, count, seed) for seed in range(SEEDS)])
        ours, theirs, ours_of_grey = found.T
        rows.append(
            (
                count,
                100 * ours.mean(),
                100 * ours.std(ddof=1),
                100 * ours_of_grey.mean(),
                100 * theirs.mean(),
            )
        )
        figures |= {
            f"teach_accuracy_{count}": float(ours.mean()),
            f"teach_accuracy_{count}_sd": float(ours.std(ddof=1)),
            f"teach_accuracy_{count}_grey": float(ours_of_grey.mean()),
            f"teach_accuracy_{count}_softmax": float(theirs.mean()),
        }
    columns = (
        *("pictures a class", "right of 50 others a class, %", "standard deviation"),
        "right of the same in grey, %",
        "two layers and a softmax, as Teachable Machine's, %",
    )
    title = f"{len(names)} classes of one's own (PACS, Intel's scenes), {SEEDS} draws"
    table, more = time_teaching(app, files, data)
    return [Table(title, columns, tuple(rows)), table], {**figures, **more}


def album_files(data: Path) -> dict[str, list[Path]]:
    """List the photographs of each class, as many as are taught and tested by."""
    n = TAUGHT_BY[-1] + TESTED
    scenes = data / "intel" / "test"
    folders = [data / "PACS" / "photo" / name for name in photo_sets.PACS]
    folders += sorted(folder for folder in scenes.glob("*") if folder.is_dir())
    photo_sets.require(scenes.is_dir(), scenes, "folders of scenes")
    found = {folder.name: photo_sets.evenly(folder, n) for folder in folders}
    for folder in folders:
        photo_sets.require(len(found[folder.name]) == n, folder, f"{n} photographs")
    return found


def to_grey(photo: Image) -> Image:
    """Take the colors away: the mean of R, G and B."""
    mean = photo.pixels.mean(axis=2, keepdims=True).round().astype(photo.pixels.dtype)
    return photo.replace(pixels=np.repeat(mean, 3, axis=2))


def compare_heads(x: Floats, grey: Floats, count: int, seed: int) -> tuple[float, float, float]:
    """Learn from so many of features (K, n, D) a class, and try TESTED others.

    grey: features of the same pictures without their colors. The share right of ours, of two
    layers and a softmax, and of ours for the others in grey.
    """
    K, n, D = x.shape
    rng = np.random.default_rng(seed)
    order = np.stack([rng.permutation(n) for _ in range(K)])
    mixed, mixed_grey = (np.take_along_axis(of, order[..., None], axis=1) for of in (x, grey))
    shown, others = mixed[:, :count].reshape(-1, D), mixed[:, -TESTED:].reshape(-1, D)
    labels, truth = np.repeat(np.arange(K), count), np.repeat(np.arange(K), TESTED)
    head = fit_head(shown, labels, K).head
    told = (
        head.logits(others),
        train_softmax(shown, labels, K, seed).predict(others),
        head.logits(mixed_grey[:, -TESTED:].reshape(-1, D)),
    )
    ours, theirs, ours_of_grey = (float((z.argmax(axis=1) == truth).mean()) for z in told)
    return ours, theirs, ours_of_grey


def train_softmax(x: Floats, labels: Labels, n_classes: int, seed: int) -> Network:
    """Train what Teachable Machine puts on a MobileNet's features: two layers, and a softmax."""
    network = Network(Dense(x.shape[1], HIDDEN), ReLU(), Dense(HIDDEN, n_classes), seed=seed)
    network.fit(x, labels, loss=cross_entropy, optimizer=Adam(RATE), epochs=EPOCHS, batch=BATCH)
    return network


def time_teaching(app: Classify, files: dict[str, list[Path]], data: Path) -> tuple[Table, Metrics]:
    """Teach ten classes of 50, from folder to file, and try the file on others."""
    names = list(files)[:TIMED_CLASSES]
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for name in names:
            (here / "album" / name).mkdir(parents=True)
            for i, file in enumerate(files[name][::2]):
                (here / "album" / name / f"{i}{file.suffix}").write_bytes(file.read_bytes())
        started = time.perf_counter()
        taught = app.teach(ImageFolder.open(here / "album"))
        taught.network.save(here / "mine.onnx")
        seconds = time.perf_counter() - started
        size = (here / "mine.onnx").stat().st_size / 1e6
        mine = Classify(networks=[here / "mine.onnx"]).classifier()
    own = [(name, first_label(mine, file)) for name in names for file in files[name][1::2]]
    right = np.array([told.name == name for name, told in own])
    sure = np.array([told.probability for _, told in own])
    accepted = float(np.mean([told.name != NONE_LABEL for _, told in own]))
    foreign = [first_label(mine, photo.file) for photo in photo_sets.samples(data)[::5]]
    refused = float(np.mean([told.name == NONE_LABEL for told in foreign]))
    left_out = taught.other_things_recognized
    assert left_out is not None
    figures: Metrics = {
        "teach_seconds": seconds,
        "teach_mb": size,
        "teach_accuracy": taught.cross_validated_accuracy,
        "teach_accuracy_others": float(right.mean()),
        "teach_confidence_others": float(sure.mean()),
        "teach_calibration_error_others": expected_calibration_error(sure, right),
        "teach_accepted_others": accepted,
        "teach_refused_photos": refused,
        "teach_refused_classes": left_out,
        "teach_pictures": taught.pictures,
    }
    rows = (
        (f"pictures, of {len(names)} classes", float(taught.pictures)),
        ("seconds, from folder to file", seconds),
        ("MB of the file", size),
        ("right by cross-validation, %", 100 * taught.cross_validated_accuracy),
        (f"right of {len(own)} others, %", 100 * float(right.mean())),
        ("mean probability of what is printed, %", 100 * float(sure.mean())),
        ("of these not told none of them, %", 100 * accepted),
        (f"of {len(foreign)} photographs of other things told none of them, %", 100 * refused),
        ("of a class that is left out in turn, %", 100 * left_out),
    )
    return Table("classify-teach, from folder to file", ("what", "measured"), rows), figures


def first_label(classifier: Classifier, file: Path) -> Label:
    """Give the first answer for a photograph."""
    return classifier.predict(Image.open(file)).ranked_labels()[0]
