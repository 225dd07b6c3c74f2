"""What tests of the cluster share: pictures, the command in a process of its own, a store.

They need the extra [cluster], and moto in a virtual environment of its own (its libraries want
others than ours): `./run test cluster` sees to both.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from map_runs import BUCKET, Map, store_settings

os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # nodes on the loopback address alone
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
pytest.importorskip("ray")
pytest.importorskip("obstore")

MOTO = Path(sys.prefix, "s3", "bin", "moto_server")


@pytest.fixture
def start_map() -> Iterator[Map]:
    """Start `neuropil map` in a process of its own, which ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: object, **settings: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "neuropil", "map", *map(str, words)]
        process = subprocess.Popen(
            command,
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Serve a store like S3 on the loopback address."""
    if not MOTO.exists():
        pytest.skip("moto is missing: ./run test cluster installs it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(MOTO), "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        where = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urlopen(Request(f"{where}/{BUCKET}", method="PUT")).close()
                break
            except URLError:
                time.sleep(0.1)
        yield where
        server.terminate()


@pytest.fixture
def store(moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Open the bucket, and let this process find the store by the environment."""
    from obstore.store import from_url

    for name, value in store_settings(moto).items():
        monkeypatch.setenv(name, value)
    bucket: Any = from_url(f"s3://{BUCKET}")
    keys = [each["path"] for page in bucket.list() for each in page]
    if keys:
        bucket.delete(keys)
    return bucket
