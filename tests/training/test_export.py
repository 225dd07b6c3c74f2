"""Export: batch normalizations folded, kernels halved, both engines compared."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from tiny_recipe import tiny
from torch import nn

from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.provenance import git_commit
from neuropil.microscope.graph import load_graph
from neuropil.training import export as exporting
from neuropil.training.blocks import ConvNorm, Residual
from neuropil.training.export import export, fold_batch_norm, quantize_int8, round_weights
from neuropil.training.recipe import Recipe

SCORES = {"gain_db": 2.5}


def seasoned(network: nn.Module) -> nn.Module:
    """Give normalizations statistics as after a training, so that folding changes something."""
    torch.manual_seed(3)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.bias, module.running_mean):
                assert tensor is not None
                nn.init.normal_(tensor)
            assert module.running_var is not None
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    return network.eval()


@pytest.fixture
def network() -> nn.Module:
    return seasoned(tiny().network())


def test_folding_changes_no_result(network: nn.Module) -> None:
    x = torch.randn(2, 1, 8, 12)
    with torch.no_grad():
        expected = network(x)
        plain = fold_batch_norm(network)
        assert not any(isinstance(module, nn.BatchNorm2d) for module in plain.modules())
        assert torch.allclose(plain(x), expected, atol=1e-5)


def test_the_file_runs_at_any_size(network: nn.Module, tmp_path: Path) -> None:
    path = export(network, tiny(), SCORES, tmp_path)
    x = torch.randn(2, 1, 40, 24)
    made = OnnxNetwork(path, threads=1).run(noise=x.numpy())["blurred"]
    with torch.no_grad():
        assert np.abs(made - network(x).numpy()).max() < 0.01  # kernels are rounded to float16
    assert {node.op_type for node in onnx.load(path).graph.node}.isdisjoint({"BatchNormalization"})
    assert [file.name for file in tmp_path.iterdir()] == ["tiny-base.onnx"]


def test_the_file_tells_where_it_comes_from(network: nn.Module, tmp_path: Path) -> None:
    metadata = OnnxNetwork(export(network, tiny(), SCORES, tmp_path), threads=1).metadata
    assert metadata["neuropil"] == "tiny"
    assert metadata["licence"] == "MIT"
    assert json.loads(metadata["scores"]) == SCORES
    told = json.loads(metadata["recipe"])
    assert told["name"] == "tiny-base"
    assert told["lr"] == 1e-2
    assert metadata["command"] == "neuropil train tiny base --data DIR"
    assert len(metadata["date"]) == 10
    assert metadata["commit"] == git_commit(Path(exporting.__file__).parent)


def test_float16_halves_the_file(tmp_path: Path) -> None:
    wide = nn.Sequential(ConvNorm(1, 64), Residual(64), nn.Conv2d(64, 1, 1))
    bytes_of_kernels = 4 * sum(p.numel() for p in wide.parameters() if p.ndim == 4)
    size = export(seasoned(wide), tiny(), SCORES, tmp_path).stat().st_size
    assert 0.5 * bytes_of_kernels < size < 0.52 * bytes_of_kernels


def test_eight_bits_quarter_it_and_change_little(tmp_path: Path) -> None:
    wide = seasoned(nn.Sequential(ConvNorm(1, 64), Residual(64), nn.Conv2d(64, 1, 1)))
    bytes_of_kernels = 4 * sum(p.numel() for p in wide.parameters() if p.ndim == 4)
    recipe = replace(tiny(), exports=(replace(tiny().exports[0], bits=8),))
    file = export(wide, recipe, SCORES, tmp_path)
    assert 0.25 * bytes_of_kernels < file.stat().st_size < 0.29 * bytes_of_kernels
    x = torch.randn(2, 1, 40, 24)
    made = OnnxNetwork(file, threads=1).run(noise=x.numpy())["blurred"]
    with torch.no_grad():
        expected = wide(x).numpy()
    assert 0 < np.abs(made - expected).max() < 0.02 * np.abs(expected).max()


def test_eight_bits_are_whole_numbers_and_a_scale_a_channel() -> None:
    kernel = np.random.default_rng(0).standard_normal((5, 3, 2, 2)).astype(np.float32)
    kernel[4] = 0
    whole, scale = quantize_int8(kernel)
    assert (whole.dtype.name, scale.dtype.name) == ("int8", "float32")
    assert (whole.shape, scale.shape) == ((5, 3, 2, 2), (5, 1, 1, 1))
    assert np.abs(whole).max(axis=(1, 2, 3)).tolist() == [127, 127, 127, 127, 0]
    assert (np.abs(whole * scale - kernel) <= 0.501 * scale).all()


def test_the_microscope_reads_eight_bits_as_they_run(tmp_path: Path) -> None:
    network = seasoned(tiny().network())
    recipe = replace(tiny(), exports=(replace(tiny().exports[0], bits=8),))
    file = export(network, recipe, SCORES, tmp_path)
    kernels = {
        n: p
        for n, p in round_weights(fold_batch_norm(network), 8).named_parameters()
        if p.ndim == 4
    }
    held = load_graph(file).constants
    assert kernels
    for name, kernel in kernels.items():
        assert (held[name] == kernel.detach().numpy()).all()


def test_a_network_that_differs_is_refused(
    network: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = exporting.compress_weights

    def tampered(model: onnx.ModelProto, *bits: int) -> onnx.ModelProto:
        kernel = next(t for t in model.graph.initializer if len(t.dims) == 4)
        kernel.raw_data = (1.01 * np.frombuffer(kernel.raw_data, np.float32)).tobytes()
        return stored(model, *bits)

    monkeypatch.setattr(exporting, "compress_weights", tampered)
    with pytest.raises(RuntimeError, match=r"ONNX Runtime and torch differ by .*: no file"):
        export(network, tiny(), SCORES, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_network_without_a_number_is_refused(network: nn.Module, tmp_path: Path) -> None:
    nn.init.constant_(next(network.parameters()), torch.nan)
    with pytest.raises(RuntimeError, match="differ by nan"):
        export(network, tiny(), SCORES, tmp_path)


class Two(nn.Module):
    """A network with two results."""

    def forward(self, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return noise + 1, noise * 2


def test_several_results_have_names(tmp_path: Path) -> None:
    packing = replace(tiny().exports[0], outputs=("more", "twice"))
    recipe: Recipe = replace(tiny(), exports=(packing,))
    made = OnnxNetwork(export(Two(), recipe, SCORES, tmp_path), threads=1).run(
        noise=np.ones((1, 1, 8, 8), np.float32)
    )
    assert (made["more"] == 2).all()
    assert (made["twice"] == 2).all()


class Words(nn.Module):
    """A table of vectors that is read, and chosen from; and a matrix between the two."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(300, 64)
        self.turn = nn.Linear(64, 64)
        self.bias = nn.Parameter(torch.zeros(300))

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        x = self.turn(self.table(words))
        return nn.functional.linear(x[:, 0], self.table.weight, self.bias)


def export_words(network: nn.Module, folder: Path, bits: int) -> Path:
    packing = replace(
        tiny().exports[0],
        inputs={"words": ("B", "T")},
        outputs=("logits",),
        test_sizes=({"B": 1, "T": 3}, {"B": 4, "T": 9}),
        whole_numbers={"words": 300},
        matrix_bits=bits,
    )
    return export(network, replace(tiny(), exports=(packing,)), SCORES, folder)


def test_matrices_take_eight_bits_where_they_are_asked_for(tmp_path: Path) -> None:
    """A table that is used twice is kept once; each row and each output has its own scale."""
    torch.manual_seed(0)
    network = Words().eval()
    with torch.no_grad():
        network.table.weight.mul_(torch.logspace(-3, 1, 300)[:, None])
        network.turn.weight.mul_(torch.logspace(-3, 1, 64)[:, None])
    for bits in (16, 8):
        (tmp_path / str(bits)).mkdir()
    files = [export_words(network, tmp_path / str(bits), bits) for bits in (16, 8)]
    weights = network.table.weight.numel() + network.turn.weight.numel()
    sizes = [file.stat().st_size for file in files]
    assert 2 * weights < sizes[0] < 2 * weights + 4000
    assert weights < sizes[1] < weights + 8000
    kept = onnx.load(files[1]).graph.initializer
    scales = {tuple(tensor.dims) for tensor in kept if tensor.name.endswith(".scale")}
    assert scales == {(300, 1), (1, 64)}  # the matrix stands turned in a product from the left
    words = np.array([[7, 250]])
    made = OnnxNetwork(files[1], threads=1).run(words=words)["logits"]
    with torch.no_grad():
        expected = network(torch.from_numpy(words)).numpy()
    assert np.abs(made - expected).max() < 0.02 * np.abs(expected).max()


def test_whole_numbers_are_tried_in_their_range(tmp_path: Path) -> None:
    packing = replace(tiny().exports[0], inputs={"words": ("B", 50)}, whole_numbers={"words": 3})
    tried = exporting.random_inputs(packing, {"B": 4})["words"]
    assert tried.dtype == torch.int64
    assert set(tried.flatten().tolist()) == {0, 1, 2}


def test_a_result_of_zeros_is_compared_too(tmp_path: Path) -> None:
    class Nothing(nn.Module):
        def forward(self, noise: torch.Tensor) -> torch.Tensor:
            return noise * 0

    file = export(Nothing(), tiny(), SCORES, tmp_path)
    packing = tiny().exports[0]
    assert exporting.max_relative_error(Nothing(), file, packing, packing.test_sizes[0]) == 0
    differing = exporting.max_relative_error(nn.ReLU(), file, packing, packing.test_sizes[0])
    assert differing == 1
