"""A film taken apart: shots and their onsets; intertitles are told from dark scenes."""

from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
from foley_data import onset, see, shoot_hits

from neuropil.apps.foley.analysis import AT_CUT, FilmAnalyzer, Shot, assign, is_title
from neuropil.apps.foley.motion import C, FrameMotion, H, W
from neuropil.apps.foley.onsets import FORMS
from neuropil.apps.foley.scene import FEATURES, SIDE, reduce_frame, scene_names
from neuropil.kit.media.film import Film
from neuropil.kit.networks.network import OnnxNetwork

STILL = FrameMotion(np.zeros((C, H, W), np.float32), 0.0)


class Quiet:
    """Sees a dog in every picture, and hears nothing."""

    metadata: ClassVar[Any] = {}

    def run(self, **given: Any) -> dict[str, Any]:
        if "picture" in given:
            seen = np.ones((1, FEATURES), np.float32)
            return {"mean_features": seen, "logits": np.eye(1000, dtype=np.float32)[:1]}
        state = {"h_out": given["h"], "c_out": given["c"]}
        if "features" in given:
            logits = np.zeros((1, 1, 48), np.float32)
            logits[..., scene_names().index("dog")] = 5
            return {"logits": logits, **state}
        said = np.full((len(given["motion"]), 1, 2 + len(FORMS)), -5, np.float32)
        return {"onsets": said, **state}


def title() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    grey = np.full((72, 96), 12, np.float32)
    grey[20:24, 20:76] = 200
    grey[40:44, 30:66] = 200
    return grey


def test_text_on_a_dark_ground_is_a_title() -> None:
    assert is_title(title(), STILL)


def test_a_dark_scene_is_none() -> None:
    moving = FrameMotion(STILL.maps.copy(), 0.0)
    moving.maps[5, 4:8, 4:8] = 0.5
    assert not is_title(title(), moving)
    assert not is_title(np.full((72, 96), 12, np.float32), STILL)
    assert not is_title(255 - title(), STILL)


def test_a_film_is_divided_at_its_cuts(tmp_path: Path) -> None:
    quiet = cast(OnnxNetwork, Quiet())
    film = Film.open(shoot_hits(tmp_path / "film.mp4"))
    (shot,) = FilmAnalyzer(quiet, quiet, quiet).watch(film)
    assert (shot.start, round(shot.end, 2), shot.is_title) == (0.0, 2.0, False)
    assert scene_names()[int(shot.seen.scene.argmax())] == "dog"
    assert shot.onsets == ()


def test_onsets_go_to_their_shots_and_none_lies_at_a_cut() -> None:
    shots = [Shot(n, n + 1, see("dog"), False, ()) for n in (0.0, 1.0)]
    onsets = [onset(0.0), onset(0.5), onset(1.0), onset(1 + AT_CUT / 2), onset(1.5)]
    first, second = assign(shots, onsets)
    assert [o.time for o in first.onsets] == [0.0, 0.5]
    assert [o.time for o in second.onsets] == [1.5]


def test_the_small_square_is_the_middle_and_uses_all_greys() -> None:
    pixels = np.full((90, 160, 3), 100, np.uint8)
    pixels[:, 35:80] = 60  # of the square in the middle, the left half
    square = reduce_frame(pixels)
    assert square.shape == (SIDE, SIDE)
    assert square[:, :28].max() < 10
    assert square[:, 36:].min() > 245
