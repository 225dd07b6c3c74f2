"""The shipped eye: what it takes, what it gives, and that it sees."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import neuropil
from neuropil.eye.network import NETWORK, STRIDE, classes, normalize
from neuropil.kit.networks.network import OnnxNetwork

SAMPLES = Path(neuropil.__file__).parent / "samples"
CHANNELS = {"stride_4": 24, "stride_8": 40, "stride_16": 112, "stride_32": 320}


@pytest.fixture(scope="module")
def network() -> OnnxNetwork:
    return NETWORK.open()


def square(name: str, side: int = 224) -> NDArray[np.uint8]:
    with Image.open(SAMPLES / name) as photo:
        small = min(photo.size)
        left, top = (photo.width - small) // 2, (photo.height - small) // 2
        middle = photo.convert("RGB").crop((left, top, left + small, top + small))
        return np.asarray(middle.resize((side, side), Image.Resampling.BICUBIC))[None]


@pytest.mark.parametrize(
    ("name", "groups", "names"),
    [
        ("cat-color.jpg", {"cat"}, set()),
        ("coffee-color.jpg", {"cup"}, {"espresso"}),
        ("church.jpg", set(), {"church"}),
    ],
)
def test_it_sees_what_is_there(
    network: OnnxNetwork, name: str, groups: set[str], names: set[str]
) -> None:
    logits = network.run(picture=normalize(square(name)))["logits"][0]
    first = classes()[int(logits.argmax())]
    assert first.group in groups or first.name in names, first


def test_features_have_their_strides(network: OnnxNetwork) -> None:
    height, width = 2 * STRIDE, 3 * STRIDE
    seen = network.run(picture=normalize(np.zeros((2, height, width, 3), np.uint8)))
    for name, channels in CHANNELS.items():
        stride = int(name.removeprefix("stride_"))
        assert seen[name].shape == (2, channels, height // stride, width // stride)
    assert seen["mean_features"].shape == (2, 1280)
    assert seen["logits"].shape == (2, len(classes()))


def test_pixels_are_scaled_as_published() -> None:
    pixels = np.array([[[[0, 127, 255]]]], np.uint8)
    assert normalize(pixels).tolist() == [[[[-127 / 128]], [[0.0]], [[1.0]]]]


def test_classes_have_names_that_differ() -> None:
    assert len({each.name for each in classes()}) == len(classes()) == 1000
    assert classes()[207].name == "golden retriever"
    assert classes()[207].group == "dog"
    assert classes()[555].synonyms == ("fire truck",)


def test_coarser_words_are_shared_and_true_in_plain_english() -> None:
    named = {each.name: each.group for each in classes()}
    for word in {*named.values()} - {""}:
        assert list(named.values()).count(word) > 1, f"{word} is a word for one name"
    for name in ("llama", "zebra", "tricycle", "monitor", "pirate ship", "punching bag", "mosque"):
        assert named[name] not in ("camel", "horse", "bicycle", "computer", "boat", "ball", "house")
    assert named["mosque"] == named["church"] == "building"
    assert classes()[339].name == "horse"
    assert classes()[339].synonyms == ("sorrel",)
