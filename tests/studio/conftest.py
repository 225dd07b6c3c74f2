"""A studio that is served, and a browser that looks at it.

Where playwright or Chromium is missing, these tests are left out, which `./run test studio` says.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.request import urlopen

import pytest

pytest.importorskip("playwright")
pytest.importorskip("fastapi")

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")  # a moving one
WAIT = 120_000  # milliseconds; machines are shared


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Serve the studio in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "neuropil", "serve", "--quiet", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        where = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urlopen(f"{where}/api/verbs").close()
                break
            except OSError:
                time.sleep(0.2)
        yield where
        process.terminate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Open Chromium, the system's or playwright's own."""
    with sync_playwright() as play:
        try:
            made = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *CAMERA])
        except Error:
            pytest.skip("there is no Chromium")
        yield made
        made.close()


def is_fault(said: ConsoleMessage) -> bool:
    """Tell a complaint from a person's mistake (422), which Chromium writes down too."""
    return said.type == "error" and "a status of 422" not in said.text


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open an empty page; whatever it complains of is a fault."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    made = context.new_page()
    made.set_default_timeout(WAIT)
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("console", lambda said: faults.append(said.text) if is_fault(said) else None)
    yield made
    context.close()
    assert not faults
