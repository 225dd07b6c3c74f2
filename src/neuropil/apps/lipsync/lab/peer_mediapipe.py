"""Runs MediaPipe on pictures, for peers.py, by an interpreter that has it.

    answer("mesh", "folder")        # the 478 points of the face that it finds itself
    answer("finder", "folder")      # boxes of faces

What is read from the folder and written there peers.py says. Nothing of neuropil is imported:
MediaPipe wants another numpy.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Find = Callable[[NDArray[np.uint8]], Any]

CANDIDATE = 0.02  # score of a box for the curve of recall over false alarms
FULL_RANGE = 1  # its finder for faces up to 5 m away; the other one is for 2 m


def open_mesh() -> Find:
    """Open what finds points: (478, 2) in pixels, or None."""
    from mediapipe.python.solutions.face_mesh import FaceMesh

    mesh = FaceMesh(static_image_mode=True, refine_landmarks=True)

    def find(pixels: NDArray[np.uint8]) -> list[list[float]] | None:
        height, width, _ = pixels.shape
        faces = mesh.process(pixels).multi_face_landmarks
        return [[p.x * width, p.y * height] for p in faces[0].landmark] if faces else None

    return find


def open_finder() -> Find:
    """Open what finds faces: x0, y0, x1, y1 in pixels and the score of each."""
    from mediapipe.python.solutions.face_detection import FaceDetection

    finder = FaceDetection(min_detection_confidence=CANDIDATE, model_selection=FULL_RANGE)

    def find(pixels: NDArray[np.uint8]) -> list[list[float]]:
        height, width, _ = pixels.shape
        size = np.array([width, height, width, height], np.float64)
        found = []
        for face in finder.process(pixels).detections or ():
            box = face.location_data.relative_bounding_box
            corners = (box.xmin, box.ymin, box.xmin + box.width, box.ymin + box.height)
            found.append([*(size * corners).tolist(), face.score[0]])
        return found

    return find


def answer(network: str, name: str) -> None:
    """Run a network on the pictures of a folder, and write what it finds."""
    folder = Path(name)
    find = open_mesh() if network == "mesh" else open_finder()
    rest = np.fromfile(folder / "pictures.raw", np.uint8)
    made: dict[str, list[Any]] = {"found": [], "seconds": []}
    for height, width in json.loads((folder / "pictures.json").read_text(encoding="utf-8")):
        pixels, rest = np.split(rest, [height * width * 3])
        started = time.perf_counter()
        made["found"].append(find(pixels.reshape(height, width, 3)))
        made["seconds"].append(time.perf_counter() - started)
    (folder / "answer.json").write_text(json.dumps(made), encoding="utf-8")
