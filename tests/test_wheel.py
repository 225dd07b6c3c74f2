"""The wheel, installed where there are the base dependencies and nothing else, does its job.

The environment is new; its site-packages hold links to what the base install brings, found by
following the requirements of the project. pip installs the wheel there without a network and
checks that all it asks for is present. Neither torch nor a tool of the checks is within reach.
"""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from packaging.requirements import Requirement
from PIL import Image as Picture

from neuropil import registry

ROOT = Path(__file__).parent.parent
MOST_MEGABYTES = 420  # of the base install, 63 of them ours


@dataclass(frozen=True)
class Installed:
    """A clean environment with the wheel in it."""

    folder: Path
    wheel: Path

    @property
    def programs(self) -> Path:
        """Find the folder of python and neuropil."""
        return Path(sysconfig.get_path("scripts", "venv", {"base": str(self.folder)}))

    @property
    def packages(self) -> Path:
        """Find the folder of the installed packages."""
        return Path(sysconfig.get_path("purelib", "venv", {"base": str(self.folder)}))

    def run(self, program: str, *arguments: str) -> str:
        """Run a program of the environment and return what it prints."""
        done = self.ran(program, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ran(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a program of the environment from another folder."""
        elsewhere = self.folder / "else where"
        elsewhere.mkdir(exist_ok=True)
        settings = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NEUROPIL"))}
        return subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=elsewhere,
            env=settings,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )


def base() -> list[Distribution]:
    """List what the plain install brings, by following what pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: dict[str, Distribution] = {}
    waiting: list[str] = project["dependencies"]
    while waiting:
        need = Requirement(waiting.pop())
        if not need.marker or need.marker.evaluate({"extra": ""}):
            one = distribution(need.name)
            waiting += [] if one.name in found else one.requires or ()
            found[one.name] = one
    return list(found.values())


def link(one: Distribution, packages: Path) -> None:
    """Put links to a distribution's files and folders into another site-packages."""
    for top in {
        file.parts[0] for file in one.files or () if file.parts[0] not in ("..", "__pycache__")
    }:
        if not (packages / top).exists():
            (packages / top).symlink_to(Path(str(one.locate_file(top))).resolve())


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel and install it into a clean environment; no network is asked."""
    wheels = tmp_path_factory.mktemp("wheels")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = wheels.glob("neuropil-*.whl")
    clean = Installed(tmp_path_factory.mktemp("clean"), wheel)
    venv.create(clean.folder, symlinks=os.name != "nt")
    for one in base():
        link(one, clean.packages)
    pip = [sys.executable, "-m", "pip", "--python", str(clean.programs / "python"), "--isolated"]
    subprocess.run([*pip, "install", "-q", "--no-index", str(wheel)], check=True)
    return clean


def test_wheel_holds_what_running_needs(installed: Installed) -> None:
    names = set(ZipFile(installed.wheel).namelist())
    source = ROOT / "src"
    files = {
        f.relative_to(source).as_posix() for f in (source / "neuropil").rglob("*") if f.is_file()
    }
    files = {name for name in files if "__pycache__" not in name}
    assert files <= names
    assert "neuropil/py.typed" in names
    for name in registry.NAMES:
        assert f"neuropil/apps/{name}/card.md" in names
        for weights in registry.find_app(name).networks.values():
            assert weights.path.relative_to(source).as_posix() in names
    others = {name for name in names - files if not name.startswith("neuropil-")}
    assert not others


def test_wheel_tells_the_licence_of_every_network(installed: Installed) -> None:
    """What a package index shows names each licence under which weights ship, with its text."""
    with ZipFile(installed.wheel) as wheel:
        (name,) = (n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
        told = wheel.read(name).decode()
        texts = [wheel.read(n).decode() for n in wheel.namelist() if "/licenses/" in n]
    licences = {
        weights.licence
        for name in registry.NAMES + registry.MADE_PARTS
        for weights in registry.networks_of(name).values()
    }
    assert licences == {
        "MIT",
        "Apache-2.0",
        "research, non-commercial (IAM-OnDB)",
        "research, non-commercial (YouTube Faces, BSDS)",
        "research, non-commercial (YouTube Faces; GRID)",
        "research (GRID)",
    }
    lists = "ISC AND CC-BY-SA-3.0 AND ODbL-1.0"  # of translate's lexicon
    sounds = "CC0-1.0 AND CC-BY-3.0 AND CC-BY-4.0"  # of foley's library
    pens, faces = "IAM-OnDB-non-commercial-research", "lipsync-weights-research"
    research = f"LicenseRef-{pens} AND LicenseRef-{faces}"
    assert (
        f"License-Expression: MIT AND Apache-2.0 AND {lists} AND {sounds} AND {research}\n" in told
    )
    assert len(texts) == 9  # the fonts' besides
    assert any("Attribution-ShareAlike 3.0" in text and "Wiktionary" in text for text in texts)
    assert any("by/3.0/legalcode" in text and "credits.txt" in text for text in texts)
    assert any("Open Database License" in text and "Open Food Facts" in text for text in texts)
    assert any("MIT License" in text for text in texts)
    assert any("non-commercial" in text and "IAM" in text for text in texts)
    assert any("non-commercial" in text and "GRID" in text for text in texts)


def test_installed_package_is_alone(installed: Installed) -> None:
    where = installed.run("python", "-c", "import neuropil; print(neuropil.__file__)")
    assert Path(where.strip()).is_relative_to(installed.packages)
    names = ("torch", "sklearn", "pytest", "gymnasium")
    finds = f"import importlib.util as i; print([i.find_spec(name) for name in {names}])"
    assert installed.run("python", "-c", finds) == "[None, None, None, None]\n"


def test_installed_command_lists(installed: Installed) -> None:
    listed = installed.run("neuropil", "list")
    assert all(name in listed for name in registry.NAMES)


def test_without_the_simulator_a_sentence_says_what_to_type(installed: Installed) -> None:
    refused = installed.ran("neuropil", "drive", "--seed", "1000")
    assert refused.returncode == 2
    assert 'pip install "neuropil[drive]"' in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_installed_application_runs(installed: Installed) -> None:
    elsewhere = installed.folder / "else where"
    elsewhere.mkdir(exist_ok=True)
    grey = np.linspace(0, 255, 24 * 32).reshape(24, 32).astype(np.uint8)
    Picture.fromarray(grey).save(elsewhere / "old.png")
    assert installed.run("neuropil", "colorize", "old.png") == "old-colorize.png\n"
    with Picture.open(elsewhere / "old-colorize.png") as made:
        assert (made.size, made.mode) == ((32, 24), "RGB")


def test_installed_neurons_open(installed: Installed) -> None:
    """What opens neurons needs files that are no source: the digits, the page."""
    three = ROOT / "src" / "neuropil" / "samples" / "three.png"
    told = installed.run("neuropil", "neuron-digit", str(three), "-o", "seen.txt", "--force")
    assert told == "seen.txt\n"
    place = ("--at", "20,30", "-o", "walk.html", "--force")
    assert "red of the pixel" in installed.run("neuropil", "open", "colorize", str(three), *place)


def stated(name: str) -> float:
    """Read a figure of the installation from the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"([\d.]+)<!-- install\.{name} -->", readme)
    assert found, f"the README states no <!-- install.{name} -->"
    return float(found[0])


def test_base_install_is_as_light_as_stated() -> None:
    every = [*base(), distribution("pip")]
    files = [Path(str(file.locate())) for one in every for file in one.files or ()]
    files += (ROOT / "src").rglob("*")
    megabytes = sum(file.stat().st_size for file in files if file.is_file()) / 1e6
    assert megabytes < MOST_MEGABYTES
    assert megabytes == pytest.approx(stated("megabytes"), rel=0.1)
