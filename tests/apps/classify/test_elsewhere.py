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
    (example,) = (block for block in pages.blocks(PAGE, "python") if "onnxruntime" in block)
    names: dict[str, Any] = {}
    exec(example, names)
    told = Classify(networks=[tmp_path / "taught.onnx"])(Image.open(Path("old.jpg")), top=3)
    ours = {guess.name: guess.probability for guess in told.guesses}
    assert names["answers"] == pytest.approx(ours, rel=1e-3, abs=1e-6)
