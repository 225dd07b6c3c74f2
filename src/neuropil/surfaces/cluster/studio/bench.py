"""What the studio answers on a cluster, beside the plain one: small jobs of many clients.

Both have as many workers as this machine has cores, and work in turns; the store of the cluster is
a folder.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from neuropil.kit.cpu import cores
from neuropil.kit.report import Metrics
from neuropil.surfaces.web.bench import CLIENTS, JOBS, job_studio, wait_for
from neuropil.surfaces.web.serve import find_port

HOST, TOKEN = "127.0.0.1", "bench"
TURNS = 3  # of both, whose medians are given
WARM = 10 * CLIENTS  # jobs before those that count, so that every worker has begun


def measure_service() -> Metrics:
    """Measure jobs a second of both, and how long one takes at most of the service."""
    with TemporaryDirectory() as folder:
        store = ("--cluster", "--store", str(Path(folder, "store")), "--workers", str(cores()))
        with start() as studio, start(*store) as service:
            for address in (studio, service):
                time_jobs(address, WARM)
            turns = [(time_jobs(studio, JOBS), time_jobs(service, JOBS)) for _ in range(TURNS)]
    (studio_rates, _), (service_rates, percentiles) = (
        zip(*each, strict=True) for each in zip(*turns, strict=True)
    )
    return {
        "serve_jobs_per_second": median(service_rates),
        "serve_seconds_99": median(percentiles),
        "studio_jobs_per_second": median(studio_rates),
    }


def time_jobs(address: str, n: int) -> tuple[float, float]:
    """Hand in small jobs by all clients: jobs a second, and the 99th percentile in seconds."""
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        seconds = list(clients.map(partial(job_studio, address, token=TOKEN), range(n)))
    return n / (time.perf_counter() - started), quantiles(seconds, n=100)[-1]


@contextmanager
def start(*words: str) -> Iterator[str]:
    """Start a studio in a process of its own, and give its address once it answers."""
    address = f"http://{HOST}:{(port := find_port(HOST, None))}"
    command = [sys.executable, "-m", "neuropil", "serve", "--quiet", "--port", str(port)]
    command += ["--token", TOKEN, *words]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            wait_for(f"{address}/?token={TOKEN}", process)
            yield address
        finally:
            process.terminate()
