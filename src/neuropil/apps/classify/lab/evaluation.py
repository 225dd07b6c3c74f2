"""How often the answer is right: on CIFAR-10's test, on photographs, on classes of one's own.

    neuropil bench classify --data DIR

What was looked at by eye is in photos.tsv: 200 photographs of photos-val.zip, of which 100 show one
of the ten classes (all that are there, but of birds and dogs the first 31 that are clear to see)
and 100 none of them. Left out was what people would argue about: wolves, lions, antelopes, vans.

    N  pictures     K  classes     V  views
"""

import csv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.app import CLASSIFIER, Classify
from neuropil.apps.classify.lab import runs
from neuropil.apps.classify.lab.calibration import (
    calibration_error,
    expected_calibration_error,
    read_from_zip,
    run_network,
)
from neuropil.apps.classify.lab.data import LabeledImages, test_set
from neuropil.apps.classify.prediction import CropPredictions
from neuropil.apps.classify.preprocess import CLASSES
from neuropil.kit.errors import UserError
from neuropil.kit.progress import track
from neuropil.kit.report import Metrics, Table

PHOTOS = Path(__file__).with_name("photos.tsv")
NONE = "none"
Floats = NDArray[np.float64]


def evaluate_test_set(app: Classify, data: Path) -> tuple[list[Table], Metrics]:
    """Measure the shipped network on the 10,000 test pictures of CIFAR-10."""
    test = test_set(data)
    made = run_network(app.network(CLASSIFIER), test)
    logits = made["logits"]
    z = (logits - logits.max(axis=1, keepdims=True)) / app.classifier("ten").metadata.temperature
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    told = p.argmax(axis=1)
    right = told == test.labels
    unknown = 1 / (1 + np.exp(-made["outside"][:, 0]))
    first = right & ((1 - unknown) * p.max(axis=1) > unknown)
    accuracy, eleven = float(right.mean()), float(first.mean())
    off = calibration_error(p, test.labels)
    seeds = [
        row.test for row in runs.runs_of_recipe(app.network(CLASSIFIER)) if row.test is not None
    ]
    figures: Metrics = {
        "accuracy": accuracy,
        "accuracy_with_none": eleven,
        **mean_and_sd("accuracy", seeds or [accuracy]),
        "n_seeds": max(1, len(seeds)),
        "calibration_error": off,
    }
    rows = (
        ("right among the ten, %", 100 * accuracy),
        ("right, none of them being an eleventh answer, %", 100 * eleven),
        ("expected calibration error of the shares among the ten, %", 100 * off),
        ("trainings (seeds) behind that", max(1, len(seeds))),
    )
    whole = Table(f"CIFAR-10, {len(told):,} test pictures", ("what", "measured"), rows)
    return [whole, per_class_table(test, told)], figures


def per_class_table(test: LabeledImages, told: NDArray[np.int64]) -> Table:
    """Tell how often each class is told right, and what it is taken for."""
    right = told == test.labels
    rows = tuple(
        (name, 100 * float(right[test.labels == k].mean()), most_confused_with(test, told, k))
        for k, name in enumerate(CLASSES)
    )
    return Table("The same, class by class", ("class", "right, %", "most often taken for"), rows)


def mean_and_sd(name: str, shares: Sequence[float]) -> Metrics:
    """Tell mean and spread over trainings that differ in their seed; one alone has no spread."""
    sd = float(np.std(shares, ddof=1)) if len(shares) > 1 else None
    return {f"{name}_mean": float(np.mean(shares)), f"{name}_sd": sd}


def most_confused_with(test: LabeledImages, told: NDArray[np.int64], k: int) -> str:
    """Name the class that class k is most often taken for."""
    counts = np.bincount(told[test.labels == k], minlength=len(CLASSES))
    counts[k] = 0
    return CLASSES[int(counts.argmax())]


@dataclass(frozen=True, eq=False)
class PhotoPredictions:
    """Photographs that were looked at by eye, and what the network says of their views."""

    shows: tuple[str, ...]
    answers: tuple[CropPredictions, ...]

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Tell which show one of the ten classes."""
        return np.array([word != NONE for word in self.shows])


def evaluate_photos(app: Classify, data: Path) -> tuple[list[Table], Metrics]:
    """Measure on real photographs: which class, and whether it is one at all."""
    seen = predict_photos(app, data)
    whole = PhotoPredictions(seen.shows, tuple(full_image_only(answer) for answer in seen.answers))
    found, alone = photo_metrics(seen), photo_metrics(whole)
    rows = [
        ("the whole and a few squares of it", *found.values()),
        ("the whole alone", *alone.values()),
    ]
    columns = (
        *("what is looked at", "of ten classes: right of 10, %", "right of 11, %"),
        *("of none: right, %", "of all: right, %", "mean p, %"),
        *("calibration error of 10, %", "of 11, %"),
        *("AUROC", "AUROC by max p"),
    )
    figures: Metrics = {
        "n_photos": len(seen.shows),
        "ten_photo_accuracy": found["ten"] / 100,
        "ten_photo_accuracy_with_none": found["eleven"] / 100,
        "ten_photo_ten_with_none": found["ten_of_eleven"] / 100,
        "ten_photo_none": found["none"] / 100,
        "ten_photo_none_wrong": 1 - found["none"] / 100,
        "ten_photo_confidence": found["sure"] / 100,
        "ten_photo_calibration_error": found["off"] / 100,
        "ten_photo_calibration_error_with_none": found["off_of_eleven"] / 100,
        "ten_none_auroc": found["auroc"],
        "ten_none_auroc_by_max_p": found["auroc_p"],
        "ten_photo_accuracy_whole": alone["ten"] / 100,
        "ten_photo_accuracy_with_none_whole": alone["eleven"] / 100,
        "ten_photo_ten_with_none_whole": alone["ten_of_eleven"] / 100,
        "ten_photo_none_whole": alone["none"] / 100,
        "ten_photo_calibration_error_with_none_whole": alone["off_of_eleven"] / 100,
        "ten_none_auroc_whole": alone["auroc"],
    }
    return [Table(f"{len(seen.shows)} photographs", columns, tuple(rows))], figures


def photo_metrics(seen: PhotoPredictions) -> dict[str, float]:
    """Count what is right: among the ten; with none as an eleventh answer; inside above outside."""
    inside = seen.inside
    told = list(zip(seen.answers, seen.shows, strict=True))
    ten = np.array([a.classes[int(a.z.argmax())] == word for a, word in told])
    first = [answer.ranked_labels()[0] for answer in seen.answers]
    true = [a.none_label if word == NONE else word for a, word in told]
    eleven = np.array([guess.name == word for guess, word in zip(first, true, strict=True)])
    known = np.array([-answer.p_none for answer in seen.answers])
    surest = np.array([answer.class_probabilities.max() for answer in seen.answers])
    sure = np.array([guess.probability for guess in first])
    return {
        "ten": 100 * float(ten[inside].mean()),
        "ten_of_eleven": 100 * float(eleven[inside].mean()),
        "none": 100 * float(eleven[~inside].mean()),
        "eleven": 100 * float(eleven.mean()),
        "sure": 100 * float(sure.mean()),
        "off": 100 * expected_calibration_error(surest[inside], ten[inside]),
        "off_of_eleven": 100 * expected_calibration_error(sure, eleven),
        "auroc": auroc(known[inside], known[~inside]),
        "auroc_p": auroc(surest[inside], surest[~inside]),
    }


def auroc(above: Floats, below: Floats) -> float:
    """Tell how often one of `above` is larger than one of `below`; ties count half."""
    difference = above[:, None] - below[None, :]
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


def predict_photos(app: Classify, data: Path) -> PhotoPredictions:
    """Classify the photographs of photos.tsv; raises UserError where they are not there."""
    archive = data / "photos-val.zip"
    if not archive.exists():
        raise UserError(
            "data.missing",
            f"{archive} is not there, of which 200 photographs are measured on",
            path=archive,
        )
    with PHOTOS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    ten = app.classifier("ten")
    with zipfile.ZipFile(archive) as files:
        answers = [
            ten.predict(read_from_zip(files, f"{row['photo']}.webp"))
            for row in track(rows, total=len(rows), title="photographs")
        ]
    return PhotoPredictions(tuple(row["shows"] for row in rows), tuple(answers))


def full_image_only(answer: CropPredictions) -> CropPredictions:
    """Take the first view, which is the whole, alone."""
    return replace(answer, logits=answer.logits[:1], none_logits=answer.none_logits[:1])


def runs_table() -> tuple[list[Table], Metrics]:
    """Tell the record of trainings."""
    rows = runs.read_runs()
    table = tuple(
        (
            row.recipe,
            row.seed,
            row.steps,
            row.seconds / 60,
            row.cores,
            100 * row.held_out,
            "" if row.test is None else f"{100 * row.test:.2f}",
        )
        for row in rows
    )
    columns = ("recipe", "seed", "steps", "minutes", "cores", "held out, %", "test, %")
    held_out: Metrics = {f"{metric_key(row)}_held_out": row.held_out for row in rows}
    minutes: Metrics = {f"{metric_key(row)}_minutes": row.seconds / 60 for row in rows}
    test: Metrics = {f"{metric_key(row)}_test": row.test for row in rows if row.test is not None}
    figures = held_out | minutes | test | seed_statistics(rows)
    return [Table("Trainings on record", columns, table)], figures


def seed_statistics(rows: Sequence[runs.TrainingRun]) -> Metrics:
    """Tell mean and spread of the recipes that were run with more than one seed."""
    figures: Metrics = {}
    for recipe in dict.fromkeys(row.recipe for row in rows):
        alike = [row for row in rows if row.recipe == recipe]
        if len(alike) > 1:
            figures[f"{short_name(recipe)}_n_seeds"] = len(alike)
            figures |= mean_and_sd(
                f"{short_name(recipe)}_held_out", [row.held_out for row in alike]
            )
            tests = [row.test for row in alike if row.test is not None]
            if len(tests) == len(alike):
                figures |= mean_and_sd(f"{short_name(recipe)}_test", tests)
    return figures


def metric_key(row: runs.TrainingRun) -> str:
    """Name the figure of a row."""
    return f"{short_name(row.recipe)}_seed{row.seed}" if row.seed else short_name(row.recipe)


def short_name(recipe: str) -> str:
    """Name a recipe as figures do."""
    return recipe.removeprefix("classify-").replace("-", "_")
