"""Asking the studio as a browser does, in the test's own process or at an address."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from neuropil.surfaces.web.serve import find_port

ORIGIN = "http://127.0.0.1"


def finish(client: TestClient, name: str, seconds: float = 60) -> dict[str, Any]:
    """Ask about a job until it has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        told: dict[str, Any] = client.get(f"/api/jobs/{name}").json()
        if told["state"] not in ("waiting", "running"):
            return told
        time.sleep(0.05)
    raise AssertionError(f"not done in {seconds} s")


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve a studio in a thread, and give its address."""
    port = find_port("127.0.0.1", None)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"{ORIGIN}:{port}"
    server.should_exit = True
    thread.join()
