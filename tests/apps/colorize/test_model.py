"""The network: shapes, size, loss."""

import numpy as np
import pytest
import torch

from neuropil.apps.colorize.lab import data
from neuropil.apps.colorize.lab.model import ColorizeNet, ColorizeSize, double
from neuropil.apps.colorize.lab.train import base, export_spec, score_photos
from neuropil.apps.colorize.palette import palette
from neuropil.training.export import fold_batch_norm
from neuropil.training.split import Split

SMALL = ColorizeSize(stem=4, widths=(8, 8, 8), depths=(1, 1, 1), n_colors=len(palette()))


@pytest.fixture(scope="module")
def photos() -> Split[data.WeightedPhotos]:
    rng = np.random.default_rng(1)
    pictures = [rng.integers(0, 256, (144, 160, 3), dtype=np.uint8) for _ in range(3)]
    weighted = data.WeightedPhotos(pictures, np.full(3, 1 / 3, np.float32))
    return Split(weighted, weighted)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (32, 864), (144, 192)])
def test_shapes(height: int, width: int) -> None:
    network = ColorizeNet(SMALL).eval()
    h, w = height // 4, width // 4
    with torch.no_grad():
        logits = network(torch.zeros(2, 1, height, width), torch.zeros(2, 9, h, w))
    assert logits.shape == (2, 132, h, w)


def test_the_shipped_network_is_small() -> None:
    network = fold_batch_norm(base().network().eval())
    assert 1_000_000 < sum(p.numel() for p in network.parameters()) < 4_000_000


def test_doubling_keeps_means() -> None:
    x = torch.arange(12.0).reshape(1, 1, 3, 4)
    assert double(x).shape == (1, 1, 6, 8)
    assert double(x).mean() == pytest.approx(x.mean().item())


def test_the_loss_is_least_where_the_truth_is_likely(photos: Split[data.WeightedPhotos]) -> None:
    examples = data.collate(data.validation_examples(photos.held_out.photos, 3))
    batch = {name: torch.from_numpy(values) for name, values in examples.items()}
    sure = torch.nn.functional.one_hot(batch["label"].long(), 132).movedim(-1, 1) * 20.0
    right = base().loss(Told(sure), batch)
    wrong = base().loss(Told(sure.roll(1, dims=1)), batch)
    even = base().loss(Told(torch.zeros_like(sure)), batch)
    assert right < even < wrong
    assert right.isfinite()


class Told(torch.nn.Module):
    """A network whose answer is known."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, lightness: torch.Tensor, hints: torch.Tensor) -> torch.Tensor:
        return self.logits


def test_scores_name_gain_and_nats(photos: Split[data.WeightedPhotos]) -> None:
    network = ColorizeNet(SMALL).eval()
    scores = score_photos(network, photos)
    assert list(scores) == [
        f"{kind}_{n}" for n in (0, 10) for kind in ("gain_db", "nats", "chroma_share")
    ]
    assert scores["nats_0"] == pytest.approx(np.log(132), rel=0.3)  # it knows nothing yet


def test_the_recipe_names_what_running_needs() -> None:
    packed = export_spec()
    assert packed.metadata["neuropil"] == "colorize"
    assert (tuple(packed.inputs), packed.outputs) == (("lightness", "hints"), ("logits",))
    assert base().name == "colorize-base"
