"""What the benchmark measures with: that it is fair, and that it can fail."""

from pathlib import Path

import numpy as np
import pytest

from neuropil.apps.colorize.cielab import lab_from_rgb, lightness
from neuropil.apps.colorize.lab import bench, evaluation
from neuropil.apps.colorize.lab.metrics import Bytes, color_metrics
from neuropil.kit.networks.network import OnnxNetwork


@pytest.fixture(scope="module")
def photos() -> list[Bytes]:
    return bench.sample_photos()


def test_grey_keeps_lightness_and_no_color(photos: list[Bytes]) -> None:
    made = evaluation.to_grayscale(photos[0])
    assert (made[..., 0] == made[..., 1]).all()
    assert np.abs(lightness(made) - lightness(photos[0])).max() < 0.5


def test_hints_are_drawn_before_and_tell_the_truth(photos: list[Bytes]) -> None:
    one, again = (evaluation.random_hints(photos[0], 5, 3) for _ in range(2))
    assert one == again
    assert one[:2] == evaluation.random_hints(photos[0], 2, 3)
    hint = one[0]
    x, y = int(hint.x), int(hint.y)
    near = photos[0][y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).mean(axis=0)
    assert np.abs(near - hint.rgb).max() <= 0.5


def test_gains_are_over_grey_and_shares_of_the_truth(photos: list[Bytes]) -> None:
    truths = [color_metrics(photo, photo) for photo in photos]
    greys = [color_metrics(evaluation.to_grayscale(photo), photo) for photo in photos]
    names = ["mean color", *(f"network, strength {s:g}" for s in evaluation.STRENGTHS if s != 1)]
    names += [f"{kind}, {n} hints" for kind in ("network",) for n in evaluation.N_HINTS]
    names += ["network", *(f"spreading {n} hints" for n in evaluation.N_HINTS)]
    scores = dict.fromkeys(names, greys) | {"grey": greys, "network, 10 hints": truths}
    found = evaluation.headline_metrics(scores, truths)
    assert found["psnr_gain_db"] == 0
    assert found["colorfulness_share"] < 0.1
    assert found["psnr_gain_10_hints_db"] > 20
    assert found["hints_over_spreading_db"] == found["psnr_gain_10_hints_db"]
    assert found["n_photos"] == len(photos)


def test_a_scene_moves_only_inside_its_masks(photos: list[Bytes]) -> None:
    truths, greys, masks = evaluation.synthetic_film(photos[0], photos[1])
    assert len(truths) == len(greys) == len(masks) == 24
    still = ~np.any(masks, axis=0)
    assert still.any()
    assert all((truth[still] == truths[0][still]).all() for truth in truths)
    assert not np.array_equal(greys[0][still], greys[1][still])  # grain
    middles = [np.nonzero(mask)[1].mean() for mask in masks]
    assert middles[-1] - middles[0] > photos[0].shape[1] / 3


def test_flicker_and_frozen_color_are_seen(photos: list[Bytes]) -> None:
    truths, _, masks = evaluation.synthetic_film(photos[0], photos[1])
    assert evaluation.flicker_and_error(truths, truths, masks) == (0, 0)
    frozen = [truths[0]] * len(truths)
    flicker, error = evaluation.flicker_and_error(frozen, truths, masks)
    assert flicker == 0
    assert error > 5
    turned = [truth[..., ::-1] if t % 2 else truth for t, truth in enumerate(truths)]
    assert evaluation.flicker_and_error(turned, truths, masks)[0] > 5


def test_pasted_things_are_where_their_mask_is(photos: list[Bytes]) -> None:
    pasted, mask = evaluation.paste_ellipse(photos[0], photos[1])
    assert (pasted[~mask] == photos[0][~mask]).all()
    assert 0.1 < mask.mean() < 0.3


def test_every_second_photograph_is_measured_on(tmp_path: Path) -> None:
    from PIL import Image as Picture

    (tmp_path / "val").mkdir()
    for i in range(5):
        shade = np.full((8, 8, 3), 40 * i, np.uint8)
        Picture.fromarray(shade).save(tmp_path / "val" / f"{i}.png")
    assert [int(photo[0, 0, 0]) for photo in bench.evaluation_photos(tmp_path)] == [40, 120]
    assert [int(p[0, 0, 0]) for p in bench.evaluation_photos(tmp_path / "val")] == [
        0,
        40,
        80,
        120,
        160,
    ]


def test_the_published_shape_has_its_published_size(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    network = OnnxNetwork(bench.export_eccv16(tmp_path / "eccv16.onnx"), threads=1)
    assert (tmp_path / "eccv16.onnx").stat().st_size / 4e6 == pytest.approx(32.2, abs=0.2)
    lightness = bench.random_feeds()["lightness"]
    made = network.run(lightness=lightness)
    height, width = (side // 4 for side in lightness.shape[2:])
    assert next(iter(made.values())).shape == (1, 313, height, width)


def test_samples_in_color_have_color(photos: list[Bytes]) -> None:
    assert len(photos) >= 4
    assert all(np.abs(lab_from_rgb(photo)[..., 1:]).mean() > 3 for photo in photos)
