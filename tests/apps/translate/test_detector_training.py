"""The detector's batches, network, loss and score."""

from pathlib import Path

import numpy as np
import pytest
import torch
from reading_data import plain_fonts, write_reading_data
from torch import nn

from neuropil.apps.translate.detector import see
from neuropil.apps.translate.kernels import CELL
from neuropil.apps.translate.lab import detector_batches, detector_training, train
from neuropil.apps.translate.lab.detector_batches import Views, cut_scene, ignore_cut, open_eye
from neuropil.apps.translate.lab.detector_model import SEEN
from neuropil.apps.translate.lab.detector_truth import LineTruth, draw_truth, truth_of
from neuropil.apps.translate.lab.pages import SIDE
from neuropil.apps.translate.lab.scenes import Scene
from neuropil.training.export import export
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Split[object]:
    data = write_reading_data(tmp_path_factory.mktemp("data"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detector_batches, "find_fonts", lambda _: plain_fonts())
        return detector_batches.examples(data)


def test_a_batch_is_what_the_eye_sees_and_what_is_there(
    examples: Split[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detector_batches, "PICTURES", 2)
    batch = detector_batches.make_batch(examples, TrainingStep(0, 0, 10))
    assert batch["picture"].shape == (2, 3, SIDE, SIDE)
    for name, channels in SEEN.items():
        side = SIDE // int(name.removeprefix("stride_"))
        assert batch[name].shape == (2, channels, side, side)
    cells = SIDE // CELL
    assert all(batch[part].shape == (2, cells, cells) for part in ("kernel", "counts", "up"))
    assert batch["kernel"].any()
    again = detector_batches.make_batch(examples, TrainingStep(0, 0, 10))
    assert np.array_equal(batch["stride_4"], again["stride_4"])


def test_quads_of_a_part_lie_on_its_letters(examples: Split[object]) -> None:
    views = examples.train
    assert isinstance(views, Views)
    rng, contrasts = np.random.default_rng(1), []
    for _ in range(20):
        pixels, lines = cut_scene(views, rng)
        assert pixels.shape == (SIDE, SIDE, 3)
        low, high = lines[0].quad[::2].clip(0, SIDE).astype(int)  # what is to be seen of it
        part = pixels[low[1] : high[1], low[0] : high[0]]
        if (high - low > 20).all():
            contrasts.append(part.astype(float).std())
    assert len(contrasts) > 5
    assert np.median(contrasts) > 20


def test_a_line_cut_across_is_ignored_and_one_cut_short_is_not() -> None:
    across = np.array([[10, -20], [90, -20], [90, 20], [10, 20]], np.float64)
    short = np.array([[-40, 10], [90, 10], [90, 40], [-40, 40]], np.float64)
    assert ignore_cut(LineTruth(across)).is_ignored
    assert not ignore_cut(LineTruth(short)).is_ignored


class Oracle(nn.Module):
    """Says of one scene what is there, whatever it is shown."""

    def __init__(self, scene: Scene, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.lines = [LineTruth(t.quad * scale, t.is_ignored) for t in truth_of(scene.items)]

    def forward(self, picture: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
        truth = draw_truth(self.lines, *picture.shape[2:])
        maps = np.stack([12 * truth.kernel - 6, np.log(truth.up), np.log(truth.down)])
        return torch.from_numpy(maps.astype(np.float32))[None] + self.weight


def test_the_score_is_one_where_everything_is_found(examples: Split[object]) -> None:
    assert isinstance(examples.held_out, tuple)
    scene = examples.held_out[0]
    one = Split[object](None, (scene,))
    oracle = Oracle(scene, detector_batches.LONG / 200)
    assert detector_training.score(oracle, one) == {"hmean_menu": 1}
    oracle.lines = []
    assert detector_training.score(oracle, one) == {"hmean_menu": 0}


def made_batch() -> dict[str, torch.Tensor]:
    """Give a batch of one picture with one line."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(1, 64, 64, 3), dtype=np.uint8)
    quad = np.array([[8, 16], [56, 16], [56, 40], [8, 40]], np.float64)
    truth = draw_truth([LineTruth(quad)], 64, 64)
    known = {part: getattr(truth, part)[None] for part in ("kernel", "counts", "up", "down")}
    return {
        name: torch.from_numpy(array)
        for name, array in (see(open_eye(), pixels, tuple(SEEN)) | known).items()
    }


class Said(nn.Module):
    """Says given maps."""

    def __init__(self, maps: torch.Tensor) -> None:
        super().__init__()
        self.maps = nn.Parameter(maps)

    def forward(self, *_: torch.Tensor) -> torch.Tensor:
        return self.maps


def test_the_loss_is_nothing_where_all_is_right_and_grows_with_each_fault() -> None:
    batch = made_batch()
    right = torch.stack([40 * batch["kernel"] - 20, batch["up"].log(), batch["down"].log()], dim=1)
    best = detector_training.loss(Said(right), batch).item()
    assert best < 0.03
    for channel, change in ((0, -right[:, :1] * 2), (1, 0.5), (2, -0.5)):
        wrong = right.clone()
        wrong[:, channel] += change if isinstance(change, float) else change[:, 0]
        assert detector_training.loss(Said(wrong), batch).item() > best + 0.3


def test_what_does_not_count_changes_nothing() -> None:
    batch = made_batch()
    rng = np.random.default_rng(0)
    maps = torch.from_numpy(rng.standard_normal((1, 3, 16, 16)).astype(np.float32))
    batch["counts"][:, 12:] = 0
    other = maps.clone()
    other[:, :, 12:] += 7
    losses = [detector_training.loss(Said(each), batch).item() for each in (maps, other)]
    assert losses[0] == pytest.approx(losses[1])


def test_the_file_agrees_with_the_network(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = train.detector().network()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    file = export(network, train.detector(), {}, tmp_path)
    assert file.stat().st_size < 2_000_000
