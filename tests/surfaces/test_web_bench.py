"""The studio's benchmark: which figures it gives, and that they are of the whole studio."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from refusals import refused

pytest.importorskip("fastapi")
pytest.importorskip("pebble")

from web_client import serving

from neuropil import registry
from neuropil.signature import Json
from neuropil.surfaces.web import bench, peer_gradio
from neuropil.surfaces.web.api import create_app
from neuropil.surfaces.web.policy import Policy
from neuropil.surfaces.web.pool import Pool
from neuropil.surfaces.web.store import ResultStore

WANTED = {"first_paint_s", "ready_s", "hint_s", "p99_s", "rss_idle_mb", "rss_load_mb"}


@pytest.fixture
def address() -> Iterator[str]:
    """Serve a studio."""
    pool, store = Pool(workers=1), ResultStore(most_bytes=10**9, most_seconds=3600)
    with serving(create_app(pool, store, Policy())) as made:
        yield made
    pool.close()
    store.close()


def test_a_peer_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "open_browser", lambda: nullcontext(None))
    monkeypatch.setattr(bench, "measure_subject", lambda *_: dict.fromkeys(bench.KEYS, 1.5))
    monkeypatch.delenv(bench.GRADIO_PYTHON, raising=False)
    alone = bench.measure(None)
    assert alone.figures.keys() >= WANTED
    assert alone.tables[0].rows[0][-1] == "not installed"
    monkeypatch.setenv(bench.GRADIO_PYTHON, "python")
    both = bench.measure(None).figures
    assert both.keys() == {f"{key}{end}" for key in bench.KEYS for end in ("", "_gradio")}


def test_a_job_is_timed_until_its_answer_is_there(address: str) -> None:
    started = time.perf_counter()
    assert 0 < bench.job_studio(address, 3) <= time.perf_counter() - started


def test_the_peer_runs_the_same_application() -> None:
    options: dict[str, Json] = {"x": "3", "w": ["2"], "b": ["1"], "activations": ["linear"]}
    assert peer_gradio.call(registry.load_app("neuron"), "neuron", options).outputs == (7,)


def test_what_a_process_has_started_counts() -> None:
    if not Path("/proc/self/task").exists():
        pytest.skip("this system does not tell the memory in /proc")
    child = (
        "held = bytearray(60_000_000); print(len(held), flush=True); import time; time.sleep(60)"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        held = bench.resident_mb(process.pid)
        subprocess.run(["kill", *map(str, bench.family(process.pid))], check=True)
    assert 60 < held < 150


def test_a_missing_browser_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with refused("dependency.missing", "pip install playwright"), bench.open_browser():
        pass


def test_a_page_that_does_not_come_up_is_said() -> None:
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    with refused("dependency.missing", "ended before it was there"):
        bench.wait_for("http://127.0.0.1:9", ended)
