"""EfficientNet-Lite0 in torch: padding as TensorFlow has it, weights in the published order."""

import pytest
import torch

from neuropil.eye.lab.model import EfficientNetLite0, SameConv, load_published, outputs, padding


@pytest.mark.parametrize(("kernel", "expected"), [(3, (0, 1)), (5, (1, 2))])
def test_padding_is_tensorflows(kernel: int, expected: tuple[int, int]) -> None:
    """Of an even number n of pixels, n/2 places: (n/2 - 1) stride + kernel - n are added."""
    n, stride = 8, 2
    added = (n // 2 - 1) * stride + kernel - n
    assert padding(kernel, stride) == expected
    assert sum(expected) == added


def test_a_strided_convolution_sees_what_lies_to_the_right_and_below() -> None:
    layer = SameConv(1, 1, 3, 2, bias=False)
    with torch.no_grad():
        layer.weight.zero_()[0, 0, 2, 2] = 1  # the pixel two further right and down
        x = torch.arange(16.0).reshape(1, 1, 4, 4)
        assert layer(x)[0, 0].tolist() == [[10, 0], [0, 0]]


def test_published_weights_are_taken_in_order() -> None:
    torch.manual_seed(0)
    published = {f"w{i}": v for i, v in enumerate(EfficientNetLite0().state_dict().values())}
    published = {
        k: torch.randn_like(v) if v.is_floating_point() else v for k, v in published.items()
    }
    *others, weight, _ = published
    published[weight] = published[weight][:, :, 0, 0]  # published as a matrix
    network = load_published(published)
    assert torch.equal(network.classes.weight[:, :, 0, 0], published[weight])
    assert torch.equal(network.state_dict()["stem.0.weight"], published[others[0]])
    with pytest.raises(RuntimeError, match="size mismatch"):
        load_published({name: v[:1] if v.ndim else v for name, v in published.items()})


def test_it_gives_what_it_names() -> None:
    with torch.no_grad():
        made = EfficientNetLite0().eval()(torch.zeros(1, 3, 32, 64))
    assert [tuple(t.shape) for t in made] == [
        *((1, 24, 8, 16), (1, 40, 4, 8), (1, 112, 2, 4), (1, 320, 1, 2), (1, 1280), (1, 1000)),
    ]
    assert len(outputs()) == len(made)
    assert sum(p.numel() for p in EfficientNetLite0().parameters()) == 4_652_008
