"""The lines of the page that run a taught network without neuropil give the same answer."""

from pathlib import Path
from typing import Any

import numpy as np
import pages
import pytest
from PIL import Image as Picture

from neuropil.apps.classify.app import Classify
from neuropil.kit.media.image import Image
from neuropil.kit.media.image_folder import ImageFolder

SAMPLES = pages.ROOT / "src" / "neuropil" / "samples"
PAGE = (pages.ROOT / "docs" / "classify.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    noise = [Image(rng.integers(256, size=(40, 40, 3), dtype=np.uint8)) for _ in range(12)]
    folder = ImageFolder(
        {"rose": noise[:6], "tulip": [p.replace(pixels=p.pixels // 2) for p in noise[6:]]}
    )
    file = tmp_path_factory.mktemp("taught") / "taught.onnx"
    Classify().teach(folder).network.save(file)
    return file


def run_example() -> dict[str, Any]:
    """Run the lines of the page here, and give what they name."""
    (example,) = (block for block in pages.blocks(PAGE, "python") if "onnxruntime" in block)
    names: dict[str, Any] = {}
    exec(example, names)
    return names


@pytest.mark.parametrize("size", [(300, 200), (120, 250), (90, 90), (33, 20), (20, 90)])
def test_the_same_answer_elsewhere(
    size: tuple[int, int],
    taught: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "taught.onnx").write_bytes(taught.read_bytes())
    with Picture.open(SAMPLES / "cat-color.jpg") as cat:
        cat.resize(size).save(tmp_path / "old.jpg")
    monkeypatch.chdir(tmp_path)
    assert run_example()["answers"] == pytest.approx(our_answers(), rel=1e-3, abs=1e-6)


def our_answers() -> dict[str, float]:
    """Ask the program about the same picture."""
    told = Classify(networks=["taught.onnx"])(Image.open("old.jpg"), top=3)
    return {guess.name: guess.probability for guess in told.guesses}


def save_sideways(photo: Picture.Image) -> None:
    """Write old.jpg as a camera does that was held upright: lying, and a note which side is up."""
    exif = Picture.Exif()
    exif[0x0112] = 6
    photo.save("old.jpg", exif=exif)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_same_answer_for_pictures_that_lie_or_are_grey(
    mode: str, taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("taught.onnx").write_bytes(taught.read_bytes())
    with Picture.open(SAMPLES / "cat-color.jpg") as cat:
        save_sideways(cat.resize((150, 100)).convert(mode))
    names = run_example()
    assert (names["W"], names["H"]) == (100, 150), "upright"
    assert names["answers"] == pytest.approx(our_answers(), rel=1e-3, abs=1e-6)


def test_a_class_of_ones_own_for_none_has_one_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    noise = [Image(rng.integers(256, size=(40, 40, 3), dtype=np.uint8)) for _ in range(10)]
    darker = [photo.replace(pixels=photo.pixels // 3) for photo in noise[5:]]
    Classify().teach(ImageFolder({"rose": noise[:5], "none": darker})).network.save("taught.onnx")
    Picture.open(SAMPLES / "cat-color.jpg").resize((150, 100)).save("old.jpg")
    answers = run_example()["answers"]
    assert answers.keys() == {"rose", "none of them"}
    assert answers == pytest.approx(our_answers(), rel=1e-3, abs=1e-6)
