"""None of them, for taught classes: own pictures pass, what is far from all classes doesn't."""

from pathlib import Path

import numpy as np
import pytest
from listening import listening
from numpy.typing import NDArray
from refusals import refused

from neuropil.apps.classify import distance, lda
from neuropil.apps.classify.app import Classify, extract_views, gray_thumbnail
from neuropil.apps.classify.prediction import ClassName
from neuropil.kit.media.image import Image
from neuropil.kit.media.image_folder import ImageFolder

D, K, V = 12, 4, 3  # features, classes, views of a picture


def clouds(n: int, seed: int, far: float = 0.0) -> tuple[distance.PictureViews, NDArray[np.int64]]:
    """Draw pictures of K classes, or so far away from them, in a direction of no class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % K
    means = 5 * np.eye(K, D)[labels] + far * np.eye(D)[D - 1]
    x = (means + rng.normal(size=(n, D)))[:, None] + 0.3 * rng.normal(size=(n, V, D))
    return distance.PictureViews(x.reshape(-1, D), np.repeat(np.arange(n), V)), labels


@pytest.fixture(scope="module")
def lesson() -> lda.CrossValidatedHead:
    views, labels = clouds(400, 0)
    return lda.fit_head(views.mean(), labels, K)


@pytest.fixture(scope="module")
def fitted(lesson: lda.CrossValidatedHead) -> distance.DistanceNeuron:
    return distance.fit_distance(*clouds(400, 0), lesson)


def odds(
    lesson: lda.CrossValidatedHead, fitted: distance.DistanceNeuron, x: distance.PictureViews
) -> NDArray[np.float64]:
    """Calculate o of pictures as the file does."""
    largest = lesson.head.logits(x.features).max(axis=1)
    o = fitted.gain * (fitted.threshold - largest)
    made: NDArray[np.float64] = np.bincount(x.of, o) / np.bincount(x.of)
    return made


def test_own_pictures_pass_and_far_ones_do_not(
    lesson: lda.CrossValidatedHead, fitted: distance.DistanceNeuron
) -> None:
    own = odds(lesson, fitted, clouds(2000, 7)[0])
    rng = np.random.default_rng(3)
    between = distance.PictureViews(rng.normal(size=(2000, D)) + 5 / K, np.arange(2000))
    assert 0.955 <= (own < 0).mean() <= 0.995
    assert (odds(lesson, fitted, between) > 0).mean() > 0.95, "what lies in the middle of all"
    assert 0.965 <= fitted.accepted <= 0.98, "0.975 of those that are left out"
    assert fitted.refused is not None
    assert fitted.refused > 0.8, "each class is far from the others"


def near_clouds(n: int, seed: int) -> tuple[distance.PictureViews, NDArray[np.int64]]:
    """Draw pictures of ten classes that lie so near that one left out is like the others."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 10
    means = np.random.default_rng(1).normal(size=(10, 40)) * 0.7
    x = (means[labels] + rng.normal(size=(n, 40)))[:, None] + 0.2 * rng.normal(size=(n, V, 40))
    return distance.PictureViews(x.reshape(-1, 40), np.repeat(np.arange(n), V)), labels


@pytest.mark.parametrize("n", [80, 500])
def test_what_is_printed_is_as_often_right_as_it_says(n: int) -> None:
    views, labels = near_clouds(n, 0)
    lesson = lda.fit_head(views.mean(), labels, 10)
    neuron = distance.fit_distance(views, labels, lesson)
    others, truth = near_clouds(2000, 5)
    none = 1 / (1 + np.exp(-odds(lesson, neuron, others)))
    z = lesson.head.logits(others.mean())
    shares = np.exp(z - np.logaddexp.reduce(z, axis=1)[:, None])
    printed = np.concatenate([(1 - none)[:, None] * shares, none[:, None]], axis=1)
    right = printed.argmax(axis=1) == truth
    assert printed.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.05)
    assert neuron.refused is not None
    assert neuron.refused < 0.8, "the classes are like each other, which makes it hard"


def test_logistic_regression_finds_what_the_pictures_were_drawn_from() -> None:
    """Foreign ones around 1, own ones around -1, as wide: o = 2 x + ln of the prior."""
    x = np.random.default_rng(0).normal(size=40_000) + np.repeat([-1.0, 1.0], 20_000)
    found = distance.fit_logistic(x, np.arange(40_000) >= 20_000, 0.1, np.zeros(2))
    assert found == pytest.approx([np.log(0.1), 2], abs=0.08)


def test_two_classes_cannot_tell_how_other_things_fare() -> None:
    views, labels = clouds(80, 0)
    two = labels < 2
    lesson = lda.fit_head(views.select(two).mean(), labels[two], 2)
    assert distance.fit_distance(views.select(two), labels[two], lesson).refused is None


def test_a_logit_is_the_difference_of_two_distances() -> None:
    views, labels = clouds(400, 0)
    found = lda.fit_clouds(views.mean(), labels, K)
    shape, head, x = found.shrink(0.2), found.head(0.2), clouds(8, 3)[0].features
    middle = found.means.mean(axis=0)
    inverse = shape.solve(np.eye(D))

    def half_square(v: NDArray[np.float64]) -> NDArray[np.float64]:
        made: NDArray[np.float64] = np.einsum("vd,de,ve->v", v, inverse, v) / 2
        return made

    far = half_square(x - middle)
    expected = np.stack([far - half_square(x - m) for m in found.means], axis=1)
    assert head.logits(x) == pytest.approx(expected, abs=1e-8)


def test_views_of_chosen_pictures_are_kept() -> None:
    views = distance.PictureViews(np.arange(5.0)[:, None], np.array([0, 0, 1, 2, 2]))
    kept = views.select(np.array([True, False, True]))
    assert kept.features.ravel().tolist() == [0, 1, 3, 4]
    assert kept.of.tolist() == [0, 0, 1, 1]
    assert views.mean().ravel().tolist() == [0.5, 2, 3.5]


def stripes(n: int, lying: bool) -> list[Image]:
    rng = np.random.default_rng(int(lying))
    made = []
    for _ in range(n):
        on = np.mgrid[:48, :64][0 if lying else 1] // int(rng.integers(4, 9)) % 2
        made.append(Image((on[..., None] * rng.integers(60, 256, 3)).astype(np.uint8)))
    return made


def test_the_file_says_none_of_them_by_the_distance(tmp_path: Path) -> None:
    app = Classify()
    classes = {"lying": stripes(8, True), "standing": stripes(8, False)}
    taught = app.teach(ImageFolder(classes))
    taught.network.save(tmp_path / "mine.onnx")
    mine = Classify(networks=[tmp_path / "mine.onnx"]).classifier()
    assert mine.metadata.none_label == "none of them"
    photos = [photo for its in classes.values() for photo in its]
    views = extract_views(app.classifier("thousand"), photos)
    labels = np.repeat([0, 1], 8)
    groups = lda.group_duplicates(np.stack([gray_thumbnail(photo) for photo in photos]))
    lesson = lda.fit_head(views.mean(), labels, 2, groups)
    neuron = distance.fit_distance(views, labels, lesson)
    found = [mine.predict(photo).none_logits.mean() for photo in photos]
    assert found == pytest.approx(odds(lesson, neuron, views), rel=1e-3, abs=1e-3)
    noise = Image(np.random.default_rng(0).integers(256, size=(64, 64, 3), dtype=np.uint8))
    assert mine.predict(noise).ranked_labels()[0].name == "none of them"


@pytest.mark.parametrize("name", ["none", "None"])
def test_a_class_of_ones_own_for_none_takes_its_place(name: str, tmp_path: Path) -> None:
    folder = ImageFolder({name: stripes(6, True), "standing": stripes(6, False)})
    with listening() as lines:
        taught = Classify().teach(folder)
    assert (taught.own_classes_kept, taught.other_things_recognized) == (None, None)
    assert taught.classes == ("none of them", "standing"), "the answer has one name"
    taught.network.save(str(tmp_path / "mine.onnx"))
    mine = Classify(networks=[tmp_path / "mine.onnx"]).classifier()
    assert mine.metadata.none_label == ""
    answer = mine.predict(folder.classes[name][0])
    assert answer.ranked_labels()[0].name == "none of them"
    assert {answer.class_index(ClassName(text)) for text in ("none", "None of them")} == {0}
    assert lines == ["none of them is a class of yours, so no picture is told so by its distance"]


def test_two_folders_for_none_are_refused() -> None:
    names = ("none", "none of them", "standing")
    with refused("input.content", "none and none of them", "together"):
        Classify().teach(ImageFolder(dict.fromkeys(names, stripes(6, True))))
