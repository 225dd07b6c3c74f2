"""What is measured of the studio: how long a person waits, and how much memory it takes.

    python3 -m venv gradio; gradio/bin/pip install gradio
    NEUROPIL_GRADIO_PYTHON=gradio/bin/python neuropil bench studio

Pages are looked at in Chromium, by playwright, each in a fresh context. Beside the studio stands a
Gradio page of the same application, which wants an environment of its own (an older Pillow); where
the variable names none, it is left out. A small job is a neuron worked out: 200 of them are handed
in by 20 clients, each of which waits for its answer before its next.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
from PIL import Image as Picture

from neuropil.kit.errors import UserError
from neuropil.kit.report import Metrics, Report, Table

GRADIO_PYTHON = "NEUROPIL_GRADIO_PYTHON"
RUN = (
    "import runpy, sys; sys.path.append(sys.argv[2]);"
    " runpy.run_path(sys.argv[1])['serve'](sys.argv[3])"
)
PACKAGE = Path(__file__).parents[2]
PICTURE, SIDE = PACKAGE / "samples" / "church.jpg", 512  # pixels of its longer side
LOOKS, HINTS = 5, 5  # of which medians are given
JOBS, CLIENTS = 200, 20
POLL = 0.02  # seconds between two looks at a job
SETTLED = 1000  # ms after which all of a page has come
LONGEST = 120_000  # ms until something is given up
SIZE = """['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))
    .reduce((sum, each) => sum + each.transferSize, 0)"""
MADE_BY_GRADIO = "img[src*='/gradio_api/file=']"  # its other pictures are signs
KEYS = {
    "start_s": "until it answers, s",
    "first_paint_s": "first paint, s",
    "ready_s": "ready, s",
    "page_kb": "page, kB",
    "hint_s": "hint to new picture, s",
    "p99_s": "99th percentile of 200 small jobs, s",
    "rss_idle_mb": "memory at rest, MB",
    "rss_load_mb": "memory under load, MB",
}


@dataclass(frozen=True)
class Served:
    """A page that is served: where, by which process, and how long it took until it answered."""

    address: str
    process: int
    start_s: float


@dataclass(frozen=True)
class Subject:
    """What is measured: how it is started, and how a person and a program use it.

    hint: gives a hint, and returns once the picture is another
    """

    command: Callable[[int], list[str]]
    place: str
    button: str
    prepare: Callable[[Any, Path], None]
    hint: Callable[[Any, int], None]
    job: Callable[[str, int], float]


def measure(data: Path | None) -> Report:
    """Measure; there is no data to take."""
    subjects = {"": STUDIO} | ({"_gradio": GRADIO} if os.environ.get(GRADIO_PYTHON) else {})
    figures: Metrics = {}
    with open_browser() as browser:
        for ending, subject in subjects.items():
            found = measure_subject(browser, subject)
            figures |= {f"{key}{ending}": value for key, value in found.items()}
    rows = tuple(
        (words, figures[key], figures.get(f"{key}_gradio", "not installed"))
        for key, words in KEYS.items()
    )
    return Report((Table("The studio", ("figure", "studio", "Gradio"), rows),), figures)


@contextmanager
def open_browser() -> Iterator[Any]:
    """Open Chromium; raises UserError where it or playwright is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        words = "playwright is missing, by which pages are looked at; pip install playwright"
        raise UserError("dependency.missing", words, name="playwright") from None
    own = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as play:
        try:
            browser = play.chromium.launch(executable_path=own, args=["--no-sandbox"])
        except Exception:  # playwright's own are of a module that may change its place
            words = "there is no Chromium; playwright install chromium"
            raise UserError("dependency.missing", words, name="chromium") from None
        yield browser
        browser.close()


def measure_subject(browser: Any, subject: Subject) -> dict[str, float]:
    """Measure one of the two from its start on."""
    with serve(subject) as served:
        looks = [look(browser, subject, served) for _ in range(LOOKS)]
        paints, readies, sizes = zip(*looks, strict=True)
        idle = resident_mb(served.process)
        hint_s = time_hints(browser, subject, served)
        with ThreadPoolExecutor(CLIENTS) as clients:
            jobs = clients.map(lambda n: subject.job(served.address, n), range(JOBS))
            seconds, load = list(jobs), resident_mb(served.process)
        return {
            "start_s": served.start_s,
            "first_paint_s": median(paints),
            "ready_s": median(readies),
            "page_kb": median(sizes),
            "hint_s": hint_s,
            "p99_s": quantiles(seconds, n=100)[-1],
            "rss_idle_mb": idle,
            "rss_load_mb": load,
        }


@contextmanager
def serve(subject: Subject) -> Iterator[Served]:
    """Start what is measured, and wait until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    words = {"PYTHONPATH": str(PACKAGE.parent), "GRADIO_ANALYTICS_ENABLED": "False"}
    started = time.perf_counter()
    quiet = subprocess.DEVNULL
    command, environment = subject.command(port), {**os.environ, **words}
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as process:
        try:
            wait_for(address, process)
            yield Served(address, process.pid, time.perf_counter() - started)
        finally:
            process.terminate()


def wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a server answers; raises UserError where it ends before."""
    while process.poll() is None:
        try:
            urlopen(address).close()
            return
        except OSError:
            time.sleep(POLL)
    words = f"a page ended before it was there: {process.args!s:.200}; run it by hand to see why"
    raise UserError("dependency.missing", words)


# --- what a person sees -------------------------------------------------------------------------


def look(browser: Any, subject: Subject, served: Served) -> tuple[float, float, float]:
    """Open the page in a fresh context: first paint, ready to be used, in s, and kB."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.address + subject.place)
    page.get_by_role("button", name=subject.button).wait_for(timeout=LONGEST)
    ready = page.evaluate("performance.now()") / 1000
    page.wait_for_timeout(SETTLED)
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    size = page.evaluate(SIZE)
    context.close()
    return painted / 1000, ready, size / 1000


def time_hints(browser: Any, subject: Subject, served: Served) -> float:
    """Give hints, one after the other: the median of the seconds until the picture is another."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(LONGEST)
    page.goto(served.address + subject.place)
    with TemporaryDirectory() as folder:
        path, picture = Path(folder, "picture.png"), Picture.open(PICTURE)
        picture.thumbnail((SIDE, SIDE))
        picture.save(path)
        subject.prepare(page, path)
    seconds = []
    for n in range(HINTS + 1):  # of which the first does not count
        started = time.perf_counter()
        subject.hint(page, n)
        seconds.append(time.perf_counter() - started)
    context.close()
    return median(seconds[1:])


def await_other(page: Any, image: Any, before: str | None) -> None:
    """Wait until a picture is another one, and is there."""
    while image.get_attribute("src") == before or not image.evaluate("i => i.complete"):
        page.wait_for_timeout(1000 * POLL / 4)


def prepare_studio(page: Any, picture: Path) -> None:
    """Color the picture in the studio."""
    page.get_by_label("choose").first.set_input_files(picture)
    page.get_by_role("button", name="Start").click()
    page.locator("hint-board .stage > img").first.wait_for()


def hint_studio(page: Any, n: int) -> None:
    """Put a hint on the picture."""
    image = page.locator("hint-board .stage > img").first
    before = image.get_attribute("src")
    page.locator("hint-board .stage").click(position={"x": 40 + 30 * n, "y": 60})
    await_other(page, image, before)


def prepare_gradio(page: Any, picture: Path) -> None:
    """Color the picture on the Gradio page."""
    page.locator("input[type=file]").first.set_input_files(picture)
    page.locator(MADE_BY_GRADIO).first.wait_for()
    page.get_by_role("button", name="Start").click()
    page.locator(MADE_BY_GRADIO).nth(1).wait_for()


def hint_gradio(page: Any, n: int) -> None:
    """Type a hint and start."""
    image = page.locator(MADE_BY_GRADIO).nth(1)
    before = image.get_attribute("src")
    page.get_by_label("hint").fill(f"{40 + 30 * n},60,#2f6f8f")
    page.get_by_role("button", name="Start").click()
    await_other(page, image, before)


# --- what a program asks ------------------------------------------------------------------------


def ask(address: str, data: bytes | None = None, kind: str = "", token: str | None = None) -> bytes:
    """Ask, again where there is no room."""
    headers = {"content-type": kind} if kind else {}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    while True:
        try:
            with urlopen(Request(address, data, headers)) as answer:
                content: bytes = answer.read()
                return content
        except HTTPError as error:
            if error.code != 503:
                raise
            time.sleep(float(error.headers["retry-after"]))


def job_studio(address: str, number: int, token: str | None = None) -> float:
    """Let the studio work a neuron out: seconds until the answer is there."""
    options = {"x": str(number), "w": ["2"], "b": ["1"], "activations": ["linear"]}
    started = time.perf_counter()
    form = urlencode({"options": json.dumps(options)}).encode()
    told = json.loads(ask(f"{address}/api/jobs/neuron", form, token=token))
    while told["state"] in ("waiting", "running"):
        time.sleep(POLL)
        told = json.loads(ask(f"{address}/api/jobs/{told['name']}", token=token))
    assert told["values"]["outputs"] == [2 * number + 1]
    return time.perf_counter() - started


def job_gradio(address: str, number: int) -> float:
    """Let the Gradio page work a neuron out: seconds until the answer is there."""
    started = time.perf_counter()
    call, data = f"{address}/gradio_api/call/work_out", json.dumps({"data": [number]}).encode()
    event = json.loads(ask(call, data, "application/json"))["event_id"]
    assert f"[{2 * number + 1}" in ask(f"{call}/{event}").decode()
    return time.perf_counter() - started


def resident_mb(process: int) -> float:
    """Add up the memory of a process and all that it has started."""
    kilobytes = 0
    for each in family(process):
        with suppress(OSError):  # it may just have ended
            lines = Path(f"/proc/{each}/status").read_text(encoding="utf-8").splitlines()
            kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return kilobytes / 1000


def family(process: int) -> list[int]:
    """List a process and all that it has started, as Linux tells it."""
    found = [process]
    for each in found:  # which grows
        with suppress(OSError):
            for thread in Path(f"/proc/{each}/task").iterdir():
                children = thread.joinpath("children").read_text(encoding="utf-8")
                found += map(int, children.split())
    return found


def studio_command(port: int) -> list[str]:
    """Word how the studio is started."""
    return [sys.executable, "-m", "neuropil", "serve", "--quiet", "--port", str(port)]


def gradio_command(port: int) -> list[str]:
    """Word how the Gradio page is started, with our libraries behind its own."""
    program, ours = Path(__file__).with_name("peer_gradio.py"), Path(np.__file__).parents[1]
    return [os.environ[GRADIO_PYTHON], "-c", RUN, str(program), str(ours), str(port)]


STUDIO = Subject(studio_command, "/#/colorize", "Start", prepare_studio, hint_studio, job_studio)
GRADIO = Subject(gradio_command, "/", "Start", prepare_gradio, hint_gradio, job_gradio)
