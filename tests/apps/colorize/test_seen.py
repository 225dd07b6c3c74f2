"""What the eye sees of crops: kept, brought back, made into batches, and decoded."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Picture
from refusals import refused

from neuropil.apps.colorize.cielab import lightness
from neuropil.apps.colorize.lab import joining, seen, seen_batch, train
from neuropil.apps.colorize.lab.model import ColorizeSize, DecoderSize, SeeingNet
from neuropil.apps.colorize.palette import nearest_index, palette
from neuropil.apps.colorize.preprocess import gray_pixels
from neuropil.eye.network import NETWORK, normalize
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.training import averages
from neuropil.training.export import fold_batch_norm, write
from neuropil.training.step import TrainingStep

PIXELS = ColorizeSize(stem=4, widths=(8, 8, 8), depths=(1, 1, 1), n_colors=len(palette()))
EYE = DecoderSize(widths=(4, 4, 8, 8), depths=(1, 1, 1), n_colors=len(palette()))


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
    with refused("data.missing"):
        seen.see_crops(tmp_path / "new", data=tmp_path / "empty", crops=2)
    assert [*tmp_path.iterdir()] == [tmp_path / "empty"]
    with refused("data.missing", str(tmp_path), "--stage see"):
        seen_batch.load_seen(tmp_path)


def test_photographs_held_out_are_not_learned_from(photos: seen_batch.SeenPhotos) -> None:
    assert photos.crops["photo"][photos.held_out].tolist() == [0, 40]
    assert len(photos.train) == 40


def test_every_crop_comes_once_in_a_round() -> None:
    train = np.arange(1000, 1000 + 2 * seen_batch.BATCH)
    steps = [seen_batch.round_robin(train, TrainingStep(0, step, 9)) for step in range(4)]
    for one, other in (steps[:2], steps[2:]):
        assert sorted([*one, *other]) == train.tolist()
    assert not np.array_equal(steps[0], steps[2])


def test_a_batch_holds_the_colors_of_its_crops(photos: seen_batch.SeenPhotos) -> None:
    moment = TrainingStep(0, 3, 10)
    batch, again = (seen_batch.make_batch(photos, moment) for _ in range(2))
    assert all(np.array_equal(batch[name], again[name]) for name in batch)
    crops = photos.crops[seen_batch.round_robin(photos.train, moment)]
    labels = nearest_index(np.moveaxis(crops["ab"], 1, -1).astype(np.float32))
    plain = (batch["hints"] == 0).all(axis=(1, 2, 3))  # without hints nothing is recolored
    assert plain.sum() > 10
    assert np.array_equal(batch["label"][plain], labels[plain])
    assert np.array_equal(batch["label"], nearest_index(np.moveaxis(batch["ab"], 1, -1)))


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


def test_scores_name_gain_nats_and_chroma(photos: seen_batch.SeenPhotos) -> None:
    scores = train.score_seen(SeeingNet(PIXELS, EYE).eval(), photos, inputs=train.OF_SEEING)
    kinds = ("gain_db", "nats", "chroma_share")
    assert list(scores) == [f"{kind}_{n}" for n in (0, 10) for kind in kinds]
    assert scores["nats_0"] == pytest.approx(np.log(len(palette())), rel=0.3)


def test_the_file_computes_what_torch_does_at_any_size(tmp_path: Path) -> None:
    network = fold_batch_norm(SeeingNet(PIXELS, EYE).eval())
    (spec,) = train.seeing().exports
    assert write(network, spec, tmp_path / "seeing.onnx", spec.metadata).is_file()


def test_the_network_is_small() -> None:
    network = fold_batch_norm(train.seeing().network().eval())
    assert sum(p.numel() for p in network.parameters()) < 6_500_000


def trained_a_little(network: torch.nn.Module) -> torch.nn.Module:
    """Give the normalizations of a network numbers as a training leaves them."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.weight.data, module.running_var):
                assert values is not None
                values.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.normal_(0, 0.1, generator=generator)
    return network


def test_two_networks_are_joined_out_of_their_files(folder: Path, tmp_path: Path) -> None:
    files = []
    for recipe in (train.base(), train.decoder()):
        made = fold_batch_norm(trained_a_little(recipe.network()).eval())
        (spec,) = recipe.exports
        files.append(write(made, spec, tmp_path / f"{recipe.name}.onnx", spec.metadata))
    joined = train.seeing().network().eval()
    averages.load(joined, joining.join(tmp_path / "joined", data=folder, networks=files))
    batch = seen_batch.make_batch(seen_batch.load_seen(folder), TrainingStep())
    with torch.no_grad():
        found = joined(*(torch.from_numpy(batch[name]) for name in train.OF_SEEING)).numpy()
    parts = [
        OnnxNetwork(file).run(**{name: batch[name] for name in inputs})["logits"]
        for file, inputs in zip(files, (train.OF_BASE, train.OF_DECODER), strict=True)
    ]
    wanted = joining.SHARE * sum(parts)
    assert np.abs(found - wanted).max() < 0.01 * np.abs(wanted).max()


def test_networks_in_another_order_are_not_joined(folder: Path, tmp_path: Path) -> None:
    (spec,) = train.base().exports
    made = fold_batch_norm(train.base().network().eval())
    base = write(made, spec, tmp_path / "base.onnx", spec.metadata)
    with refused("network.mismatch", "base.onnx", "first what the recipe base has made"):
        joining.join(tmp_path / "joined", data=folder, networks=[base, base])


def test_what_is_no_network_is_not_joined(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# no network")
    with refused("network.damaged", "notes.md"):
        joining.join(tmp_path / "joined", data=folder, networks=[tmp_path / "notes.md"] * 2)
    assert not (tmp_path / "joined").exists()


def test_one_network_is_not_joined(folder: Path, tmp_path: Path) -> None:
    with refused("option.missing", "1 networks", "--network BASE.onnx --network DECODER.onnx"):
        joining.join(tmp_path / "joined", data=folder, networks=[tmp_path / "base.onnx"])
