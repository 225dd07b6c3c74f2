"""Those beside whom landmarks and finder are measured: face-api and MediaPipe.

Neither is a package of this environment; a variable names where each is, and what is not named is
left out:

    npm install @vladmandic/face-api@1.7.15 @tensorflow/tfjs@4 @tensorflow/tfjs-backend-wasm@4
    NEUROPIL_NODE_MODULES=node_modules

    python3.11 -m venv mediapipe; mediapipe/bin/pip install mediapipe==0.10.21
    NEUROPIL_MEDIAPIPE_PYTHON=mediapipe/bin/python

Each runs as a program of its own, on one core (face-api: WebAssembly with SIMD, in node). It is
given a folder with pictures.raw, the RGB bytes of all pictures, and pictures.json, [height, width]
of each; it writes answer.json there: "found", of each picture its points [x, y], its boxes
[x0, y0, x1, y1, score] or null, and "seconds" of each. There the corner of the first pixel is 0,
and here its center.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.finder import FoundFaces
from neuropil.apps.lipsync.preprocess import Pixels
from neuropil.apps.lipsync.shapes import N_POINTS, Numbers

NODE_MODULES, MEDIAPIPE_PYTHON = "NEUROPIL_NODE_MODULES", "NEUROPIL_MEDIAPIPE_PYTHON"
HERE = Path(__file__).parent
ANSWER = "import runpy, sys; runpy.run_path(sys.argv[1])['answer'](*sys.argv[2:])"
Command = tuple[str, ...]

# --- which there are -----------------------------------------------------------------------------


def face_api(network: str) -> Command | None:
    """Give the program that runs a network of face-api; None where that is not installed."""
    modules, node = os.environ.get(NODE_MODULES), shutil.which("node")
    if not modules or not node:
        return None
    return node, str(HERE / "peer_face_api.mjs"), modules, network


def mediapipe(network: str) -> Command | None:
    """Give the program that runs a network of MediaPipe; None where that is not installed."""
    python = os.environ.get(MEDIAPIPE_PYTHON)
    program = str(HERE / "peer_mediapipe.py")
    return (python, "-I", "-c", ANSWER, program, network) if python else None


def landmark_networks() -> dict[str, Command]:
    """List the networks that find points, those that are installed."""
    return keep_installed(
        {
            "face_api_77k": face_api("faceLandmark68TinyNet"),
            "face_api_357k": face_api("faceLandmark68Net"),
            "mediapipe": mediapipe("mesh"),
        }
    )


def finders() -> dict[str, Command]:
    """List the networks that find faces, those that are installed."""
    return keep_installed(
        {"face_api": face_api("tinyFaceDetector"), "mediapipe": mediapipe("finder")}
    )


def keep_installed(commands: dict[str, Command | None]) -> dict[str, Command]:
    """Leave out what is not installed."""
    return {name: command for name, command in commands.items() if command}


# --- what they say -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PeerPoints:
    """What a peer says of N crops: which of them have a face (N,), and the points of those.

    points: (F, 68, 2), pixels of the crop
    seconds: median of a crop
    """

    is_found: NDArray[np.bool_]
    points: Numbers
    seconds: float


def find_points(command: Command, crops: Pixels) -> PeerPoints:
    """Let a peer find the points of grey crops (N, 128, 128)."""
    found, seconds = ask(command, [np.repeat(crop[..., None], 3, axis=2) for crop in crops])
    points = [np.array(each) - 0.5 for each in found if each is not None]
    mapped = [p if len(p) == N_POINTS else map_mesh(p) for p in points]
    is_found = np.array([each is not None for each in found])
    return PeerPoints(is_found, np.reshape(mapped, (-1, N_POINTS, 2)), median(seconds))


def find_faces(command: Command, pictures: Sequence[Pixels]) -> list[FoundFaces]:
    """Let a peer find the faces of pictures (H, W, 3)."""
    found, _ = ask(command, pictures)
    tables = [np.reshape(each, (-1, 5)).astype(np.float64) for each in found]
    return [FoundFaces(t[:, :4] - 0.5, t[:, 4].astype(np.float32)) for t in tables]


def time_finder(command: Command, picture: Pixels, repeats: int) -> float:
    """Time a peer's search of a picture: the median of so many, after as many that do not count."""
    _, seconds = ask(command, [picture] * (2 * repeats))
    return median(seconds[repeats:])


def ask(command: Command, pictures: Sequence[Pixels]) -> tuple[list[Any], list[float]]:
    """Run a peer's program on pictures: what it found in each, and the seconds that took."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        sizes = [[*picture.shape[:2]] for picture in pictures]
        (folder / "pictures.json").write_text(json.dumps(sizes), encoding="utf-8")
        (folder / "pictures.raw").write_bytes(b"".join(p.tobytes() for p in pictures))
        with one_core():
            done = subprocess.run([*command, name], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed: {done.stderr[-2000:]}")
        answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    return answer["found"], answer["seconds"]


@contextmanager
def one_core() -> Iterator[None]:
    """Let programs that are started meanwhile have one core, where the system can do that."""
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


# --- from MediaPipe's mesh to the 68 points ------------------------------------------------------

# The data's points were made of the mesh like this: found by comparing both on the same faces. The
# jaw's are equally spaced on either half of the oval, from ear to chin to ear.
HALF_JAWS = (
    (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152),
    (152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356),
)
MESH_OF_POINT = (  # of points 17 to 67
    *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301),  # brows
    *(168, 197, 5, 4, 75, 97, 2, 326, 305),  # nose
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),  # eyes
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),  # outer lips
    *(78, 82, 13, 312, 308, 317, 14, 87),  # inner lips
)


def map_mesh(mesh: Numbers) -> Numbers:
    """Take the points of MediaPipe's mesh (478, 2) to the 68."""
    right, left = (space_equally(mesh[list(half)], 9) for half in HALF_JAWS)
    return np.concatenate([right, left[1:], mesh[list(MESH_OF_POINT)]])


def space_equally(line: Numbers, n: int) -> Numbers:
    """Put n points on a line (N, 2) of several corners, equally far apart along it."""
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(steps)])
    at = np.linspace(0, along[-1], n)
    return np.stack([np.interp(at, along, line[:, k]) for k in range(2)], axis=1)
