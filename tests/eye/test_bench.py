"""The eye's benchmark on made-up photographs."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from refusals import refused

from neuropil.eye import samples
from neuropil.eye.lab import bench
from neuropil.eye.network import classes


def test_it_needs_a_photograph_of_every_class(tmp_path: Path) -> None:
    with refused("data.missing", "0 photographs", "imagenet-sample-images"):
        bench.measure(tmp_path)
    with refused("option.missing", "--data", "imagenet-sample-images"):
        bench.measure(None)


def test_ranks_count_what_is_thought_likelier() -> None:
    logits = np.array([[3, 1, 2], [0, 5, 1]], np.float32)
    assert bench.rank_of(logits, np.array([2, 1])).tolist() == [1, 0]


@pytest.mark.parametrize("size", [(300, 200), (100, 300)])
def test_the_middle_is_cut_out(tmp_path: Path, size: tuple[int, int]) -> None:
    file = tmp_path / "a.png"
    photo = Image.new("L", size, 50)
    photo.paste(200, (size[0] // 2, 0, size[0], size[1]))
    photo.save(file)
    cut = bench.cut_square(file)
    assert cut.shape == (224, 224, 3)
    assert (cut[:, 4] == 50).all()
    assert (cut[:, -4] == 200).all()


def test_it_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "classes", lambda: classes()[:3])
    monkeypatch.setattr(bench, "published_forward", lambda: None)
    monkeypatch.setattr(bench, "TIMED", 1)
    for name in "abc":
        Image.new("RGB", (64, 64), "white").save(tmp_path / f"{name}.JPEG")
    figures = bench.measure(tmp_path).figures
    assert figures["n_photos"] == 3
    assert all(figures[name] in (0, 1 / 3, 2 / 3, 1) for name in ("top1", "top5"))
