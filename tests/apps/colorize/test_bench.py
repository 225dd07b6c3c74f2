"""The benchmark of the colorizer."""

from pathlib import Path

import torch

from neuropil.apps.colorize.lab import bench


def test_peers_are_made_and_run_without_a_change_to_torch(tmp_path: Path) -> None:
    assert torch.is_grad_enabled()
    peers = bench.network_peers(tmp_path)
    assert torch.is_grad_enabled()
    made = peers["neuropil, torch eager"]()
    tensor = made if isinstance(made, torch.Tensor) else made[0]  # type: ignore[index]
    assert not tensor.requires_grad
    assert torch.is_grad_enabled()
