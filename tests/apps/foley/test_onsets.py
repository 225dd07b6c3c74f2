"""Onsets: peaks of what the network says, at their moments, in blocks as all at once."""

from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import pytest
from foley_data import make_networks

from neuropil.apps.foley.motion import CHANNELS, C, Floats, FrameMotion, H, W
from neuropil.apps.foley.onsets import AFTER, FORMS, Onset, OnsetFinder, locate
from neuropil.kit.media.frame import Frame
from neuropil.kit.networks.network import OnnxNetwork


class Network:
    """Says of a frame, two frames later, that it is an onset if its light is that of a lamp."""

    metadata: ClassVar = {"scores": '{"threshold": 0.6}'}

    def __init__(self) -> None:
        self.said: list[float] = []
        self.runs: list[int] = []

    def run(self, motion: Floats, h: Floats, c: Floats) -> dict[str, Floats]:
        assert motion.shape[1:] == (CHANNELS, H, W)
        self.runs.append(len(motion))
        onsets = np.full((len(motion), 1, 2 + len(FORMS)), -4, np.float32)
        self.said += [float(frame[-2, 0, 0] / 4) for frame in motion]
        first = len(self.said) - len(motion)
        for n in range(len(motion)):
            if first + n >= AFTER:
                onsets[n, 0, 0] = 12 * self.said[first + n - AFTER] - 6
        onsets[:, 0, 2 + FORMS.index("step")] = 9
        return {"onsets": onsets, "h_out": h, "c_out": c}


def find(lights: dict[int, float], n: int, fps: float = 25) -> list[Onset]:
    finder = OnsetFinder(cast(OnnxNetwork, Network()))
    still = np.zeros((C, H, W), np.float32)
    found: list[Onset] = []
    for k in range(n):
        found += finder.push_motion(FrameMotion(still, lights.get(k, 0.0)), k / fps)
    return [*found, *finder.finish()]


def test_peaks_above_the_threshold_of_the_training_are_onsets() -> None:
    found = find({20: 1.0, 40: 0.52, 60: 0.3, 75: 0.8}, 100)
    assert [o.frame for o in found] == [20, 75]
    assert [o.time for o in found] == pytest.approx([0.8, 3.0], abs=0.021)
    assert FORMS[int(found[0].forms.argmax())] == "step"


def test_of_near_ones_the_likeliest_is_taken() -> None:
    assert [o.frame for o in find({20: 0.8, 22: 1.0, 24: 0.9}, 60)] == [22]


@pytest.mark.parametrize("fps", [12, 16, 29.97])
def test_any_frame_rate(fps: float) -> None:
    found = find({10: 1.0, 30: 1.0}, 50, fps)
    assert [o.time for o in found] == pytest.approx([10 / fps, 30 / fps], abs=0.5 / fps)


def test_the_first_and_the_last_frames_count() -> None:
    assert [o.frame for o in find({1: 1.0, 48: 1.0}, 50)] == [1, 48]


def test_neighbors_refine_the_moment() -> None:
    (found,) = find({20: 1.0, 21: 0.9}, 50)
    assert 0.8 < found.time < 0.82


def test_a_film_of_two_frames_is_taken() -> None:
    assert find({}, 2) == []


def test_the_network_runs_the_same_in_blocks_and_alone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    network = make_networks(folder(tmp_path_factory))["onset"].open(threads=1)
    rng = np.random.default_rng(0)
    motion = rng.normal(size=(6, CHANNELS, H, W)).astype(np.float32)
    state = {"h": np.zeros((1, 1, 96), np.float32), "c": np.zeros((1, 1, 96), np.float32)}
    whole = network.run(motion=motion, **state)["onsets"]
    for n in range(6):
        made: dict[str, Any] = network.run(motion=motion[n : n + 1], **state)
        state = {"h": made["h_out"], "c": made["c_out"]}
        np.testing.assert_allclose(made["onsets"][0], whole[n], atol=1e-5)


def folder(factory: pytest.TempPathFactory) -> Path:
    return factory.getbasetemp() / "foley-networks"


def test_frames_of_a_film_are_taken_as_they_come() -> None:
    finder = OnsetFinder(cast(OnnxNetwork, Network()))
    rng = np.random.default_rng(0)
    for n in range(40):
        pixels = rng.integers(0, 255, (30, 40, 3), dtype=np.uint8)
        list(finder.push(Frame(pixels, Fraction(n, 25))))
    list(finder.finish())
    assert finder.pushed == 40
    assert finder.steps == 40 + AFTER
    assert len(finder.waiting) == 0


def test_what_moves_on_the_left_is_on_the_left() -> None:
    strength = np.full((H, W), 0.01, np.float32)
    strength[5:9, 2:6] = 0.8
    place, size = locate(strength)
    assert place == pytest.approx(2 * 4 / W - 1, abs=0.02)
    assert size == pytest.approx(16 / (H * W), rel=0.1)
    assert locate(np.zeros((H, W), np.float32)) == (0.0, 0.0)
