"""The peers of the benchmark of lipsync, by programs that stand in for them."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from lipsync_data import write_lipsync_data

from neuropil.apps.lipsync.lab import face_bench, peers
from neuropil.apps.lipsync.lab.data import read_faces
from neuropil.apps.lipsync.preprocess import map_of_points
from neuropil.apps.lipsync.shapes import transform

STAND_IN = """
import json, sys
from pathlib import Path
import numpy as np

number, folder = int(sys.argv[1]), Path(sys.argv[2])
bytes, found = (folder / "pictures.raw").read_bytes(), []
for h, w in json.loads((folder / "pictures.json").read_text()):
    pixels = np.frombuffer(bytes[: h * w * 3], np.uint8).reshape(h, w, 3)
    bytes = bytes[h * w * 3 :]
    y, x = (int(n) for n in np.unravel_index(pixels.min(axis=2).argmax(), (h, w)))
    if number:  # points, in the middle of the white pixel
        found.append([[x + 0.5, y + 0.5]] * number if pixels.any() else None)
    else:  # boxes, around it
        found.append([[x, y, x + 1, y + 1, 0.7]] if pixels.any() else [])
seconds = [9.0, 0.5, 0.25][: len(found)]
(folder / "answer.json").write_text(json.dumps({"found": found, "seconds": seconds}))
"""


def stand_in(folder: Path, number: int) -> peers.Command:
    """Write a program that finds so many points, or boxes, at the white pixel of each picture."""
    script = folder / "stand_in.py"
    script.write_text(STAND_IN, encoding="utf-8")
    return sys.executable, str(script), str(number)


def draw_white(x: int, y: int) -> np.ndarray:
    crop = np.full((128, 128), 9, np.uint8)
    crop[y, x] = 255
    return crop


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(peers.NODE_MODULES, raising=False)
    monkeypatch.delenv(peers.MEDIAPIPE_PYTHON, raising=False)
    assert peers.face_api("tinyFaceDetector") is None
    assert peers.mediapipe("mesh") is None
    assert peers.landmark_networks() == peers.finders() == {}
    monkeypatch.setenv(peers.MEDIAPIPE_PYTHON, "there/python")
    assert [*peers.landmark_networks()] == [*peers.finders()] == ["mediapipe"]
    monkeypatch.setenv(peers.NODE_MODULES, "there/node_modules")
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert peers.face_api("tinyFaceDetector") is None
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    assert [*peers.landmark_networks()] == ["face_api_77k", "face_api_357k", "mediapipe"]


def test_every_program_of_a_peer_is_a_file() -> None:
    assert (peers.HERE / "peer_face_api.mjs").is_file()
    assert (peers.HERE / "peer_mediapipe.py").is_file()


@pytest.mark.parametrize("number", [68, 478])
def test_points_are_counted_from_the_center_of_the_first_pixel(number: int, tmp_path: Path) -> None:
    crops = np.stack([draw_white(30, 70), np.zeros((128, 128), np.uint8), draw_white(5, 0)])
    told = peers.find_points(stand_in(tmp_path, number), crops)
    assert told.is_found.tolist() == [True, False, True]
    assert told.points.shape == (2, 68, 2)
    assert (told.points[0] == [30, 70]).all()
    assert (told.points[1] == [5, 0]).all()
    assert told.seconds == 0.5


def test_boxes_are_counted_from_the_center_of_the_first_pixel(tmp_path: Path) -> None:
    wide = np.repeat(draw_white(30, 70)[:100, :, None], 3, axis=2)
    nothing, face = peers.find_faces(stand_in(tmp_path, 0), [np.zeros((20, 10, 3), np.uint8), wide])
    assert nothing.boxes.shape == (0, 4)
    assert face.boxes.tolist() == [[29.5, 69.5, 30.5, 70.5]]
    assert face.confidences == pytest.approx([0.7])


def test_a_program_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="stand_in"):
        peers.find_faces((*stand_in(tmp_path, 0)[:2], "x"), [np.zeros((2, 2, 3), np.uint8)])


def test_the_jaw_is_spaced_equally_on_either_side_of_the_chin() -> None:
    mesh = np.zeros((478, 2))
    for half, far in zip(peers.HALF_JAWS, (-40.0, 80.0), strict=True):
        places = np.linspace(0, 1, len(half)) ** 2  # by no means equally far apart
        places = 1 - places if far < 0 else places
        mesh[list(half)] = np.stack([far * places, np.full(len(half), 3.0)], axis=1)
    jaw = peers.map_mesh(mesh)[:17]
    assert jaw[:, 0] == pytest.approx([*range(-40, 0, 5), *range(0, 81, 10)])
    assert jaw[:, 1] == pytest.approx(3)


def test_closer_crops_show_the_same_middle() -> None:
    maps = np.array([[[2.0, 0.0, 5.0], [0.0, 2.0, -7.0]]])
    there = np.array([[[29.25, 35.25], [30.25, 35.25]]])  # the middle of the crop, a pixel beside
    assert transform(there, maps)[0, 0] == pytest.approx([63.5, 63.5])
    moved = transform(there, face_bench.zoom_maps(maps, 1.5))
    assert moved[0] == pytest.approx(np.array([[63.5, 63.5], [66.5, 63.5]]))


def test_peers_are_measured_on_the_faces_that_they_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = read_faces(write_lipsync_data(tmp_path), "test").select(np.arange(2))
    right = transform(faces.points, np.stack([map_of_points(p) for p in faces.points]))
    told = SimpleNamespace(is_found=np.array([False, True]), points=right[1:], seconds=0.5)
    monkeypatch.setattr(peers, "find_points", lambda command, crops: told)
    figures = face_bench.measure_peer(("program",), faces, "mediapipe")
    assert figures.pop("found_mediapipe") == 0.5
    assert figures.pop("landmark_frames_per_second_mediapipe") == 2
    assert {*figures} == {"landmark_error_labels_mediapipe", "mouth_error_labels_mediapipe"}
    assert [*figures.values()] == pytest.approx([0, 0])
    figures = face_bench.measure_peer(("program",), faces, "face_api_77k")
    assert figures["mouth_error_face_api_77k"] == pytest.approx(0)
    assert figures["mouth_error_close_face_api_77k"] != pytest.approx(0)
