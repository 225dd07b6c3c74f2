"""Asking the studio as a browser does, in the test's own process."""

import time
from typing import Any

from starlette.testclient import TestClient

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
