"""What the eye sees of crops: kept, brought back, made into batches, and decoded."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Picture
from refusals import refused

from neuropil.apps.colorize.cielab import lightness
from neuropil.apps.colorize.lab import seen, seen_batch
from neuropil.apps.colorize.lab.decoder_training import (
    export_spec,
    loss,
    score,
    told_error,
)
from neuropil.apps.colorize.lab.model import DecoderNet, DecoderSize
from neuropil.apps.colorize.lab.objective import FLOOR
from neuropil.apps.colorize.lab.train import decoder
from neuropil.apps.colorize.palette import nearest_index, palette
from neuropil.apps.colorize.preprocess import gray_pixels
from neuropil.eye.network import NETWORK, normalize
from neuropil.training.export import fold_batch_norm, write
from neuropil.training.step import TrainingStep

SMALL = DecoderSize(widths=(4, 4, 8, 8), depths=(1, 1, 1, 1), n_colors=len(palette()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make 42 small photographs, so that two are held out, and let the eye see them."""
    data = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(42):
        few = rng.integers(0, 256, (3, 4, 3), dtype=np.uint8)
        Picture.fromarray(few).resize((48, 40)).save(data / f"{i:02}.png")
    out = tmp_path_factory.mktemp("seen")
    seen.see_crops(out, data=data, crops=1)
    (out / "data").symlink_to(data)
    return out


@pytest.fixture(scope="module")
def photos(folder: Path) -> seen_batch.SeenPhotos:
    return seen_batch.load_seen(folder)


def test_grey_has_the_lightness_that_it_was_made_of() -> None:
    light = np.linspace(0, 100, 64, dtype=np.float32).reshape(8, 8)
    pixels = gray_pixels(light)
    assert pixels.shape == (8, 8, 3)
    assert np.abs(lightness(pixels) - light).max() < 0.5


def test_what_is_kept_is_what_the_eye_sees(folder: Path) -> None:
    data = folder / "data"
    crops = seen.open_crops(folder)
    (rgb, light), *_ = seen.crops_of(np.asarray(Picture.open(data / "05.png")), 5, 1, "05.png")
    found = NETWORK.open().run(picture=normalize(gray_pixels(light[None])))
    kept = seen.features(crops[crops["photo"] == 5])
    for name, values in kept.items():
        assert values.shape == found[name].shape
        room = np.abs(found[name]).max(axis=tuple(range(2, values.ndim)), keepdims=True) / 200
        assert (np.abs(values - found[name]) <= room + 1e-2).all(), name
    assert rgb.shape == (seen.SIDE, seen.SIDE, 3)


def test_it_goes_on_where_it_was_stopped(folder: Path) -> None:
    file = folder / seen.FILE
    whole = file.read_bytes()
    assert len(whole) == 42 * seen.crop_type().itemsize
    file.write_bytes(whole[: 20 * seen.crop_type().itemsize + 1234])  # killed while it wrote
    seen.see_crops(folder, data=folder / "data", crops=1)
    again = np.frombuffer(file.read_bytes(), seen.crop_type())
    assert again["photo"].tolist() == list(range(42))
    assert np.array_equal(again["ab"], np.frombuffer(whole, seen.crop_type())["ab"])


def test_a_folder_without_photographs_or_crops_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with refused("data.missing", str(tmp_path / "empty"), "--data"):
        seen.see_crops(tmp_path, data=tmp_path / "empty", crops=2)
    with refused("data.missing", str(tmp_path), "--stage see"):
        seen_batch.load_seen(tmp_path)


def test_photographs_held_out_are_not_learned_from(photos: seen_batch.SeenPhotos) -> None:
    assert photos.crops["photo"][photos.held_out].tolist() == [0, 40]
    assert len(photos.train) == 40


def test_rare_colors_count_more() -> None:
    ab = np.zeros((100, 2), np.int8)
    ab[:3] = 60, 50
    weights = seen_batch.color_weights(ab)
    grey, red = nearest_index(np.array([[0, 0], [60, 50]], np.float32))
    assert weights[red] > 1 > weights[grey] > 0
    assert weights.argmin() == grey


def test_every_crop_comes_once_in_a_round() -> None:
    train = np.arange(1000, 1000 + 2 * seen_batch.BATCH)
    steps = [seen_batch.round_robin(train, TrainingStep(0, step, 9)) for step in range(4)]
    for one, other in (steps[:2], steps[2:]):
        assert sorted([*one, *other]) == train.tolist()
    assert not np.array_equal(steps[0], steps[2])


def test_a_batch_asks_for_the_colors_of_its_crops(photos: seen_batch.SeenPhotos) -> None:
    moment = TrainingStep(0, 3, 10)
    batch, again = (seen_batch.make_batch(photos, moment) for _ in range(2))
    assert all(np.array_equal(batch[name], again[name]) for name in batch)
    crops = photos.crops[seen_batch.round_robin(photos.train, moment)]
    labels = nearest_index(np.moveaxis(crops["ab"], 1, -1).astype(np.float32)).reshape(48, -1)
    asked = np.take_along_axis(labels, batch["cell"].astype(np.intp), axis=1)
    plain = (batch["hints"] == 0).all(axis=(1, 2, 3))  # without hints nothing is recolored
    assert plain.sum() > 10
    assert np.array_equal(batch["label"][plain], asked[plain])
    assert batch["ab"].shape == (48, 2, seen_batch.ASKED)
    assert np.array_equal(batch["label"], nearest_index(np.moveaxis(batch["ab"], 1, -1)))
    assert np.array_equal(batch["weight"], photos.weights[batch["label"].astype(np.intp)])


def test_hints_tell_the_true_color_and_what_is_dyed_is_the_truth() -> None:
    rng = np.random.default_rng(2)
    ab = rng.uniform(-40, 40, (32, 32, 2)).astype(np.float32)
    light = np.tile(np.linspace(10, 90, 32, dtype=np.float32), (32, 1))
    told = [seen_batch.tell(ab, light, 6, np.random.default_rng(seed)) for seed in range(20)]
    dyed = [not np.array_equal(one["ab"], np.moveaxis(ab, -1, 0)) for one in told]
    assert 0 < sum(dyed) < 20
    for one in told:
        rows, columns = np.nonzero(one["hints"][2])
        assert 1 <= len(rows) <= 6
        assert one["hints"][:2, rows, columns] * 64 == pytest.approx(one["ab"][:, rows, columns])
        assert np.array_equal(one["label"], nearest_index(np.moveaxis(one["ab"], 0, -1)))


def tensors(
    arrays: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]],
) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


class Told(DecoderNet):
    """A decoder whose answer is known."""

    answer: torch.Tensor

    def name_colors(self, x: torch.Tensor) -> torch.Tensor:
        return self.answer


def test_the_loss_is_least_where_the_truth_is_likely(photos: seen_batch.SeenPhotos) -> None:
    batch = tensors(seen_batch.make_batch(photos, TrainingStep()))
    batch["hints"] = torch.zeros_like(batch["hints"])
    network = Told(SMALL).eval()
    sure = torch.nn.functional.one_hot(batch["label"].long(), len(palette())).movedim(-1, 1) * 20.0
    found = []
    for logits in (sure, torch.zeros_like(sure), sure.roll(1, dims=1)):
        network.answer = logits[..., None]
        found.append(loss(network, batch).item())
    assert found == sorted(found)
    assert found[1] == pytest.approx(np.log(len(palette())) * batch["weight"].mean().item())


def test_told_colors_count_where_they_are_told() -> None:
    p = torch.zeros(2, len(palette()), 4)
    p[:, 0] = 1  # grey is made everywhere
    hints = torch.zeros(2, 9, 1, 4)
    hints[0, -1, 0, 1] = 1  # in the first crop the second cell is told, in the other nothing
    batch = {"hints": hints, "cell": torch.arange(4.0).repeat(2, 1), "ab": torch.zeros(2, 2, 4)}
    right = told_error(p, batch).item()
    assert right == pytest.approx(np.log(FLOOR) / 2)
    batch["ab"][:, 0, [0, 2, 3]] = 50
    assert told_error(p, batch).item() == pytest.approx(right)
    batch["ab"][0, 0, 1] = 50
    assert told_error(p, batch).item() == pytest.approx(np.log(50**2 + FLOOR) / 2)


def test_scores_name_gain_nats_and_chroma(photos: seen_batch.SeenPhotos) -> None:
    scores = score(DecoderNet(SMALL).eval(), photos)
    kinds = ("gain_db", "nats", "chroma_share")
    assert list(scores) == [f"{kind}_{n}" for n in (0, 10) for kind in kinds]
    assert scores["nats_0"] == pytest.approx(np.log(len(palette())), rel=0.3)


def test_the_file_computes_what_torch_does_at_any_size(tmp_path: Path) -> None:
    network = fold_batch_norm(DecoderNet(SMALL).eval())
    file = write(network, export_spec(), tmp_path / "decoder.onnx", {"neuropil": "colorize"})
    assert file.is_file()


def test_the_decoder_is_small() -> None:
    network = fold_batch_norm(decoder().network().eval())
    assert sum(p.numel() for p in network.parameters()) < 3_000_000
