"""The set-up script `run`, with make-believe Pythons in place of a real installation."""

import os
import shutil
import subprocess
import textwrap
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(os.name == "nt", reason="run is a POSIX shell script")

FAKE = """\
    #!/bin/sh
    # A Python whose venv holds itself and whose pip does what $PIP says.
    case "$1 $2" in
    "-c "*) echo "{verdict} $0" ;;
    "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip")
        echo pip >>"$CALLS"
        sh -c "${{PIP:-true}}" || exit 1
        printf '#!/bin/sh\\nprintf "neuropil %%s\\n" "$*"\\n' >"${{0%python}}neuropil"
        chmod +x "${{0%python}}neuropil" ;;
    *) echo "$*"; [ "$2" != "${{FAILS-}}" ] ;;
    esac
"""


class Checkout:
    """A copy of `run` in a folder with a space in its name, and a Python to find on the path."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "a clone"
        self.tools = folder / "tools"
        self.calls = folder / "calls"
        self.home.mkdir()
        self.tools.mkdir()
        for name in ("run", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.home)
        for name in "awk cat chmod cksum cp df dirname grep mkdir ps rm sed sh sleep tail".split():
            (self.tools / name).symlink_to(str(shutil.which(name)))

    def python(self, name: str, verdict: str) -> Path:
        """Put a make-believe Python on the path."""
        file = self.tools / name
        file.write_text(textwrap.dedent(FAKE).format(verdict=verdict), encoding="utf-8")
        file.chmod(0o755)
        return file

    def run(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Call the script from another folder."""
        return subprocess.run(
            [shutil.which("sh") or "sh", str(self.home / "run"), *arguments],
            cwd=self.tools,
            env={"PATH": str(self.tools), "CALLS": str(self.calls), **settings},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    @property
    def n_installs(self) -> int:
        """Count how often pip was called."""
        return self.calls.read_text(encoding="utf-8").count("pip") if self.calls.exists() else 0


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_installs_once(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    first = checkout.run("neuropil", "card", "two words")
    second = checkout.run("demo")
    assert (first.stdout, first.returncode) == ("neuropil card two words\n", 0)
    assert first.stderr.count("\n") == 1
    assert "setup.log" in first.stderr
    assert (second.stdout, second.stderr) == ("neuropil demo\n", "")
    assert checkout.n_installs == 1


@pytest.mark.parametrize("file", ["pyproject.toml", "constraints.txt"])
def test_installs_again_after_a_change(checkout: Checkout, file: str) -> None:
    checkout.python("python3", "fit 3.12")
    checkout.run("demo")
    with (checkout.home / file).open("a", encoding="utf-8") as text:
        text.write("# changed\n")
    assert checkout.run("demo").returncode == 0
    assert checkout.n_installs == 2


def test_test_adds_what_it_needs_and_demo_takes_that(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    for verb in ("demo", "test", "test", "demo"):
        assert checkout.run(verb).returncode == 0
    assert checkout.n_installs == 2


def test_the_studio_is_tested_and_what_is_missing_is_said(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    done = checkout.run("test", "studio")
    assert done.returncode == 0, done.stderr
    assert "-m pytest tests/studio" in done.stdout
    assert "the page is not checked by them" in done.stderr
    failed = checkout.run("test", "studio", FAILS="pytest")
    assert failed.returncode == 1
    assert "failed: pytest tests/studio" in failed.stderr


def test_the_types_of_the_page_are_checked_where_npm_is(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    npm = checkout.tools / "npm"
    npm.write_text(
        '#!/bin/sh\ncase "$*" in *--version) ;; *) echo "npm $*"; false ;; esac\n', encoding="utf-8"
    )
    npm.chmod(0o755)
    done = checkout.run("test", "studio")
    assert "tsc -p tests/studio" in done.stdout
    assert "-m pytest tests/studio" in done.stdout
    assert "failed: tsc" in done.stderr


def test_moved_folder_is_installed_again(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    checkout.run("demo")
    checkout.home = checkout.home.rename(checkout.home.with_name("moved"))
    assert checkout.run("demo").returncode == 0
    assert checkout.n_installs == 2


def test_takes_the_newest_python_that_fits(checkout: Checkout) -> None:
    checkout.python("python3", "old 3.9")
    checkout.python("python3.12", "bare 3.12")
    checkout.python("python3.11", "fit 3.11")
    assert checkout.run("demo").returncode == 0


def test_takes_the_python_that_is_named(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    own = str(checkout.python("own", "old 3.10"))
    assert "Python 3.10 is too old" in checkout.run("demo", PYTHON=own).stderr
    assert "PYTHON=nowhere can't be run" in checkout.run("demo", PYTHON="nowhere").stderr
    checkout.python("own", "fit 3.11")
    assert checkout.run("demo", PYTHON=own).returncode == 0


@pytest.mark.parametrize(
    ("verdict", "advice"),
    [
        ("old 3.10", "Python 3.10 is too old"),
        ("bare 3.12", "apt install python3-venv"),
        ("", "no Python"),
    ],
)
def test_says_which_python_is_missing(checkout: Checkout, verdict: str, advice: str) -> None:
    if verdict:
        checkout.python("python3", verdict)
    run = checkout.run("demo")
    assert advice in run.stderr
    assert run.returncode == 1
    assert not (checkout.home / ".venv").exists()


@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("NewConnectionError: Failed to establish a new connection", "can't be downloaded"),
        ("ERROR: something else", "the installation failed: ERROR: something else"),
    ],
)
def test_says_why_it_failed_and_repairs(checkout: Checkout, complaint: str, advice: str) -> None:
    checkout.python("python3", "fit 3.12")
    run = checkout.run("demo", PIP=f"echo '{complaint}'; false")
    assert advice in run.stderr
    assert run.returncode == 1
    half = checkout.home / ".venv" / "half"
    half.touch()
    assert checkout.run("demo").stdout == "neuropil demo\n"
    assert not half.exists()


def test_killed_set_up_is_repaired(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    run = checkout.run("demo", PIP="kill -9 $PPID")
    assert run.returncode != 0
    assert checkout.run("demo").stdout == "neuropil demo\n"


def test_waits_for_another_set_up(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    checkout.run("demo")
    state = checkout.home / ".venv" / "neuropil-setup"
    finish = f"sleep 1; cat '{checkout.home}/done' >'{state}'"
    shutil.move(state, checkout.home / "done")
    with subprocess.Popen(["sh", "-c", finish]) as other:
        state.write_text(f"installing {other.pid}\n", encoding="utf-8")
        Thread(target=other.wait).start()  # until it is waited for, a dead process counts as alive
        run = checkout.run("demo")
    assert f"waiting for process {other.pid}" in run.stderr
    assert checkout.n_installs == 1


def test_process_with_an_old_number_is_not_waited_for(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    checkout.run("demo")
    with subprocess.Popen(["sleep", "50"]) as other:
        state = checkout.home / ".venv" / "neuropil-setup"
        state.write_text(f"installing {other.pid}\n", encoding="utf-8")
        run = checkout.run("demo")
        other.kill()
    assert "waiting" not in run.stderr
    assert checkout.n_installs == 2


def test_names_the_checks_that_failed(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    run = checkout.run("test", FAILS="mypy")
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == "run: failed: mypy"
    assert "== pytest" in run.stdout


def test_checks_what_changed(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    run = checkout.run("check", FAILS="nothing")
    assert run.returncode == 0
    lines = run.stdout.splitlines()
    assert "== pytest -n auto --dist worksteal tests/changed.py" in lines  # which it was told


@pytest.mark.parametrize(
    ("word", "said"),
    [("coverage", "== pytest -n auto --dist worksteal --cov"), ("docs", "site/index.html")],
)
def test_other_work_of_developers(checkout: Checkout, word: str, said: str) -> None:
    checkout.python("python3", "fit 3.12")
    run = checkout.run(word)
    assert run.returncode == 0
    assert said in run.stdout.splitlines()


@pytest.mark.parametrize("words", [(), ("check", "--help"), ("test", "nonsense"), ("what",)])
def test_says_what_it_can_do(checkout: Checkout, words: tuple[str, ...]) -> None:
    run = checkout.run(*words)
    assert run.returncode == 2
    assert "pip" not in run.stdout, "nothing is set up"
    assert "./run demo" in run.stderr
    assert "$PIP_INDEX_URL" in run.stderr
    assert "set -u" not in run.stderr


def test_tests_of_the_cluster_bring_their_store(checkout: Checkout) -> None:
    checkout.python("python3", "fit 3.12")
    run = checkout.run("test", "cluster")
    assert (run.stdout.splitlines()[-1], run.returncode) == ("-m pytest tests/cluster", 0)
    assert (checkout.home / ".venv" / "s3" / "bin" / "python").exists()
    assert checkout.n_installs == 2  # what development needs, and the store apart from it
