"""Many at once: two hundred jobs of twenty clients, on a line that is too short for them."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("pebble")

from web_client import serving

from neuropil.surfaces.web.api import create_app
from neuropil.surfaces.web.policy import Policy
from neuropil.surfaces.web.pool import Pool
from neuropil.surfaces.web.store import ResultStore

CLIENTS, JOBS = 20, 200
WAITING = 8  # jobs that may wait: fewer than there are clients
MOST_GROWTH = 150  # MB, of the server and its workers together
STATUS = Path("/proc/self/status")


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    made = Pool(workers=2, most_waiting=WAITING)
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(pool: Pool) -> Iterator[str]:
    """Serve a studio with a short line."""
    store = ResultStore(most_bytes=10**9, most_seconds=3600)
    with serving(create_app(pool, store, Policy())) as made:
        yield made
    store.close()


def ask(address: str, data: bytes | None = None) -> dict[str, object]:
    """Ask until there is room; give what is told."""
    while True:
        try:
            with urlopen(Request(address, data)) as answer:
                told: dict[str, object] = json.load(answer)
                return told
        except HTTPError as error:
            if error.code != 503:
                raise
            with error:
                refused.append(address)
                time.sleep(float(error.headers["retry-after"]))


refused: list[str] = []


def work_out(address: str, number: int) -> object:
    """Let a job double a number."""
    x = number / 8
    options = {"x": str(x), "w": ["2"], "b": ["1"], "activations": ["linear"]}
    form = urlencode({"options": json.dumps(options)}).encode()
    name = ask(f"{address}/api/jobs/neuron", form)["name"]
    while True:
        told = ask(f"{address}/api/jobs/{name}")
        if told["state"] not in ("waiting", "running"):
            values = told.get("values")
            return values["outputs"] if isinstance(values, dict) else told
        time.sleep(0.1)


def resident_mb(pool: Pool) -> float:
    """Add up the memory of this process and the workers."""
    workers = pool.pool._pool_manager.worker_manager.workers
    files = [STATUS, *(Path(f"/proc/{process}/status") for process in workers)]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


@pytest.mark.skipif(not STATUS.exists(), reason="this system does not tell the memory in /proc")
def test_none_of_two_hundred_jobs_is_lost(address: str, pool: Pool) -> None:
    with ThreadPoolExecutor(CLIENTS) as clients:
        first = list(clients.map(lambda n: work_out(address, n), range(CLIENTS)))
        before = resident_mb(pool)
        made = list(clients.map(lambda n: work_out(address, n), range(JOBS)))
        growth = resident_mb(pool) - before
    assert first == made[:CLIENTS]
    assert made == [[2 * n / 8 + 1] for n in range(JOBS)]
    assert refused, "the line was full at times"
    assert growth < MOST_GROWTH
