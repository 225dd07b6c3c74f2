"""What is measured of the landmarks and of the finder, beside face-api and MediaPipe.

Persons and pictures that no training saw, each network on one core; `peers.py` says how the others
are run. The same crops are cut for all, grey, by the points of the data: those are MediaPipe's own,
so that beside them it has no error to tell. face-api's networks were made for tighter boxes: they
are measured in closer crops as well.
"""

from pathlib import Path

import numpy as np

from neuropil.apps.lipsync.app import Lipsync
from neuropil.apps.lipsync.lab import peers
from neuropil.apps.lipsync.lab.data import LabeledFaces, read_faces, read_finder_pictures
from neuropil.apps.lipsync.lab.finder_training import count_recall, measure_recall
from neuropil.apps.lipsync.lab.landmark_training import (
    compare_points,
    cut_faces,
    measure_errors,
)
from neuropil.apps.lipsync.networks import FINDER, LANDMARKS
from neuropil.apps.lipsync.preprocess import (
    CROP,
    Floats,
    finder_input,
    map_of_points,
    normalize_crop,
)
from neuropil.apps.lipsync.shapes import Numbers, transform
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.report import Metrics, Table, median_seconds

CLOSER = 1.2  # times; of 1, 1.2, 1.4 and 1.7 the one at which all points of face-api err least
REPEATS = 20
TITLES = {
    "": "neuropil",
    "_face_api_77k": "face-api, 77 k",
    "_face_api_357k": "face-api, 357 k",
    "_close_face_api_77k": "face-api, 77 k, closer crops",
    "_close_face_api_357k": "face-api, 357 k, closer crops",
    "_face_api": "face-api, 193 k",
    "_mediapipe": "MediaPipe",
}
ERRORS = ("landmark_error", "mouth_error", "landmark_error_labels", "mouth_error_labels")
SPEED = "landmark_frames_per_second"

# --- landmarks -----------------------------------------------------------------------------------


def bench_landmarks(app: Lipsync, data: Path) -> tuple[Table, Metrics]:
    """Measure the points of faces of other persons, ours and those of peers."""
    faces = read_faces(data, "test")
    figures = {**measure_ours(app, faces), "n_faces": len(faces.crops)}
    endings = [""]
    for name, command in peers.landmark_networks().items():
        found = measure_peer(command, faces, name)
        figures |= found
        endings += [e for e in TITLES if f"landmark_error_labels{e}" in found]
    keys = (*ERRORS, "found", SPEED)
    rows = tuple((TITLES[e], *(figures.get(key + e, "") for key in keys)) for e in endings)
    columns = ("all points", "mouth", "all, data's labels", "mouth, data's labels")
    title = f"{len(faces.crops)} faces: errors beside MediaPipe's points and labels, eye distances"
    return Table(title, ("network", *columns, "found", "faces a second"), rows), figures


def measure_ours(app: Lipsync, faces: LabeledFaces) -> Metrics:
    """Measure our own network beside both sets of points."""

    def run(crops: Floats) -> Floats:
        return app.run_points(crops)[0]

    network = OnnxNetwork(app.network(LANDMARKS).path, threads=1)
    crop = np.zeros((1, CROP, CROP), np.uint8)
    seconds = median_seconds(lambda: network.run(crop=normalize_crop(crop)), REPEATS)
    errors = (*measure_errors(faces, run), *measure_errors(faces, run, faces.labels))
    return {**dict(zip(ERRORS, errors, strict=True)), SPEED: 1 / seconds}


def measure_peer(command: peers.Command, faces: LabeledFaces, name: str) -> Metrics:
    """Measure a peer on the crops that ours has; face-api on closer ones besides."""
    maps = np.stack([map_of_points(points) for points in faces.points])
    told = peers.find_points(command, cut_faces(faces, maps))
    figures = compare_with_both(told, faces, maps, f"_{name}")
    figures[f"{SPEED}_{name}"] = 1 / told.seconds
    if name == "mediapipe":  # it finds the face itself, and the data's points are its own
        del figures["landmark_error_mediapipe"], figures["mouth_error_mediapipe"]
        return {**figures, "found_mediapipe": float(told.is_found.mean())}
    closer = zoom_maps(maps, CLOSER)
    told = peers.find_points(command, cut_faces(faces, closer))
    return figures | compare_with_both(told, faces, closer, f"_close_{name}")


def compare_with_both(
    told: peers.PeerPoints, faces: LabeledFaces, maps: Numbers, ending: str
) -> Metrics:
    """Compare points in crops by such maps with both sets; of the faces that were found.

    ending: of the names of the figures
    """
    points, labels = (transform(p, maps)[told.is_found] for p in (faces.points, faces.labels))
    errors = (*compare_points(told.points, points), *compare_points(told.points, labels))
    return dict(zip((key + ending for key in ERRORS), errors, strict=True))


def zoom_maps(maps: Numbers, times: float) -> Numbers:
    """Make crops show faces so many times larger, about their middle."""
    middle = np.array([0.0, 0.0, (CROP - 1) / 2])
    zoomed: Numbers = times * (maps - middle) + middle
    return zoomed


# --- finder --------------------------------------------------------------------------------------


def bench_finder(app: Lipsync, data: Path) -> tuple[Table, Metrics]:
    """Measure the recall of faces in pictures of others, and how long a search takes."""
    pictures = read_finder_pictures(data, "test")
    finder = OnnxNetwork(app.network(FINDER).path, threads=1)
    wide = np.zeros((360, 640, 3), np.uint8)
    seconds = median_seconds(lambda: finder.run(picture=finder_input(wide)[0]), REPEATS)
    figures: Metrics = {
        "finder_recall": measure_recall(pictures, app.run_finder),
        "finder_frames_per_second": 1 / seconds,
        "n_pictures": len(pictures),
    }
    endings = [""]
    for name, command in peers.finders().items():
        found = peers.find_faces(command, [picture.pixels for picture in pictures])
        speed = 1 / peers.time_finder(command, wide, REPEATS)
        figures[f"finder_recall_{name}"] = count_recall(pictures, found)
        figures[f"finder_frames_per_second_{name}"] = speed
        endings.append(f"_{name}")
    keys = ("finder_recall", "finder_frames_per_second")
    rows = tuple((TITLES[e], *(figures[key + e] for key in keys)) for e in endings)
    columns = ("finder", "recall", "pictures of 640 × 360 searched a second")
    title = f"Recall at one false alarm per ten pictures, {len(pictures)} pictures, one core"
    return Table(title, columns, rows), figures
