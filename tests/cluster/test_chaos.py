"""Nodes and workers die while a cluster works: the results are those of an undisturbed run."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from map_runs import (
    MARK,
    Map,
    contents,
    draw_pictures,
    manifest_of,
    undisturbed,
    wait_for_lines,
    workers_of,
)

N = 300
SECONDS = 120  # for all of it


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Start a head that works at nothing, for nodes to be added."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv(MARK, str(tmp_path))
    made: Any = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    yield made
    made.shutdown()


@pytest.mark.filterwarnings("ignore")  # of Ray's own
def test_nodes_and_workers_may_die(cluster: Any, tmp_path: Path, start_map: Map) -> None:
    album, out = draw_pictures(tmp_path / "album", N), tmp_path / "new"
    first, second = cluster.add_node(num_cpus=1), cluster.add_node(num_cpus=1)
    started = time.monotonic()
    words = ("colorize", album, "-o", out, "--workers", 2)
    process = start_map(*words, RAY_ADDRESS=cluster.address)
    wait_for_lines(out, 20, process)
    os.kill(workers_of(str(tmp_path))[0], signal.SIGKILL)
    wait_for_lines(out, 60, process)
    cluster.remove_node(first, allow_graceful=False)  # with the worker on it
    wait_for_lines(out, 120, process)  # the other node goes on
    cluster.add_node(num_cpus=1)
    wait_for_lines(out, 180, process)
    cluster.remove_node(second, allow_graceful=False)
    _, said = process.communicate(timeout=SECONDS - (time.monotonic() - started))
    assert process.returncode == 0, said
    assert len(manifest_of(out)) == N
    assert contents(out) == undisturbed(album, tmp_path / "plain")


def test_no_cluster_answers(tmp_path: Path, start_map: Map) -> None:
    album = draw_pictures(tmp_path / "album", 1)
    process = start_map("colorize", album, "-o", tmp_path / "new", RAY_ADDRESS="127.0.0.1:1")
    _, said = process.communicate()
    assert process.returncode == 2
    assert "ray start" in said
    assert "Traceback" not in said
