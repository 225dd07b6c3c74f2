"""Rendered clips: things touch at the moments that are said to sound, and targets say so."""

from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.foley.lab import actors
from neuropil.apps.foley.lab.actors import (
    SOUNDING,
    ArmStroke,
    Pose,
    draw_stroke,
    fire_bursts,
    swing,
)
from neuropil.apps.foley.lab.clip_rendering import T, draw_times, render_clip
from neuropil.apps.foley.lab.clips import (
    LENGTH,
    MOTION,
    SCALE,
    RenderedClips,
    examples,
    make_batch,
    mark_sounds,
    track_motion,
)
from neuropil.apps.foley.lab.film_faults import age, compress, repeat_frames
from neuropil.apps.foley.motion import CHANNELS, C, H, W
from neuropil.apps.foley.onsets import FORMS
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

HITS = np.array([0.5, 1.1, 1.4, 3.0])
TEXTURES = [np.random.default_rng(k).integers(0, 255, (64, 64), dtype=np.uint8) for k in range(4)]


def part(poses: list[Pose], number: int) -> Pose:
    return next(pose for pose in poses if pose.part == number)


def test_an_arm_is_down_at_each_hit_and_up_between() -> None:
    rng = np.random.default_rng(0)
    for stroke in (ArmStroke(), *(draw_stroke(rng) for _ in range(20))):
        assert [swing(t, HITS, stroke) for t in HITS - 1e-6] == pytest.approx([0] * 4, abs=1e-4)
        assert max(swing(t, HITS, stroke) for t in np.linspace(0.5, 1.1, 50)) > 0.9
        assert swing(-5, HITS, stroke) == 0
    before, after = swing(1.39, HITS, ArmStroke()), swing(1.41, HITS, ArmStroke())
    assert before > 3 * after > 0  # down fast, up gently


def test_bursts_keep_apart() -> None:
    fired = fire_bursts(HITS, np.random.default_rng(0))
    assert {*HITS} <= {*fired}
    assert len(fired) > len(HITS)
    assert np.diff(fired).min() > 0.08


def test_a_ball_touches_the_floor_at_each_bounce() -> None:
    ball = actors.make_ball(HITS, np.random.default_rng(0))
    heights = [part(ball.poses(t), 4).y for t in (*HITS, 0.8)]
    assert heights[:4] == pytest.approx([heights[0]] * 4, abs=1e-3)
    assert heights[4] < heights[0] - 0.02
    assert [sound.time for sound in ball.sounds] == list(HITS)


def test_hands_are_nearest_at_a_clap() -> None:
    clap = actors.make_clapper(HITS, np.random.default_rng(1))

    def gap(t: float) -> float:
        poses = clap.poses(t)
        return float(
            np.hypot(part(poses, 5).x - part(poses, 3).x, part(poses, 5).y - part(poses, 3).y)
        )

    assert gap(1.1 - 1e-6) < gap(1.05) < gap(0.95)


def test_a_foot_that_stands_stays() -> None:
    walker = actors.make_walker(HITS, np.random.default_rng(3))
    poses = [walker.poses(t) for t in (0.51, 0.6, 0.7)]
    feet, bodies = ([part(each, number).x for each in poses] for number in (6, 0))
    is_followed = np.ptp(bodies) < 1e-6  # by the camera, before which the ground goes by
    steps = np.diff(feet) / np.diff((0.51, 0.6, 0.7))
    assert np.ptp(feet) < 1e-6 or (is_followed and np.ptp(steps) < 1e-6)


@pytest.mark.parametrize("make", dict.fromkeys(SOUNDING), ids=lambda make: make.__name__)
def test_every_actor_sounds_in_its_form(make: object) -> None:
    actor = make(HITS, np.random.default_rng(0))  # type: ignore[operator]
    assert {sound.form for sound in actor.sounds} <= set(FORMS)
    assert all(0 < sound.strength <= 1 for sound in actor.sounds)
    assert any(actor.poses(t) for t in np.linspace(0, 3.5, 30))


def test_rhythms_are_apart_and_inside() -> None:
    rng = np.random.default_rng(0)
    gaps = np.random.default_rng(1).uniform(0.1, 1, 1000)
    for _ in range(20):
        times = draw_times(gaps, 3.0, rng)
        assert (np.diff(times) > 0.1).all()
        assert times[0] > 0
        assert times[-1] < 3


def test_the_same_seed_renders_the_same_clip() -> None:
    gaps = np.random.default_rng(1).uniform(0.2, 1, 1000)
    one, two = (render_clip(TEXTURES, gaps, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.frames, two.frames)
    assert one.sounds == two.sounds
    assert one.frames.shape == (T, 144, 192)
    assert all(0 <= sound.time < T / one.fps for sound in one.sounds)
    assert len(track_motion(one)) == T


def test_old_films_flicker() -> None:
    frames = np.full((T, 144, 192), 120, np.uint8)
    aged = age(frames, np.random.default_rng(2))
    assert aged.mean(axis=(1, 2)).std() > 0.5
    assert aged.shape == frames.shape


def test_compression_keeps_what_is_seen_and_is_the_same_each_time() -> None:
    frames = np.stack(
        [np.roll(np.kron(TEXTURES[0][:18, :24], np.ones((8, 8))), t) for t in range(9)]
    )
    one, two = (compress(frames.astype(np.uint8), 30) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert 0 < np.abs(one - frames).mean() < 20


def test_frames_are_shown_twice() -> None:
    frames = np.arange(20, dtype=np.uint8)[:, None, None]
    again = repeat_frames(frames, np.random.default_rng(0)).ravel()
    assert 2 <= (np.diff(again.astype(int)) == 0).sum() <= 7
    assert ((frames.ravel() - again) <= 1).all()


def test_targets_lie_at_the_sounds() -> None:
    sounds = np.array([[0.4, 0.7, 1.0]])
    targets = mark_sounds(sounds, begin=0.2, fps=25, length=20)
    assert int(targets[:, 0].argmax()) == 5
    assert targets[5, 0] == pytest.approx(1)
    assert targets[5, 1] == pytest.approx(0.7)
    assert targets[5, 2:].tolist() == np.eye(len(FORMS))[1].tolist()
    assert targets[9, 0] < 0.01


def test_a_batch_is_of_motion_and_targets_of_the_same_frames() -> None:
    """The light of frame t is t: what the network judges is the frame that the target is of."""
    maps = np.zeros((3, T, C, H, W), np.int8)
    light = np.tile(np.arange(T, dtype=np.float32), (3, 1))
    sounds = [np.array([[t / 25, 0.5, 0] for t in range(T)])] * 3
    clips = RenderedClips(maps, light, np.full(3, 25.0), sounds)
    batch = make_batch(Split(clips, clips), TrainingStep(0, 1, 10))
    assert batch["motion"].shape == (LENGTH, 10, CHANNELS, H, W)
    assert (batch["targets"][..., 0] > 0.99).all()
    first = batch["motion"][:, 0, -2, 0, 0] / 4
    assert (np.diff(first) == 1).all()
    one = [np.array([[first[7] / 25, 0.5, 0]])] * 3
    again = make_batch(
        Split(RenderedClips(maps, light, np.full(3, 25.0), one), clips), TrainingStep(0, 1, 10)
    )
    assert int(again["targets"][:, 0, 0].argmax()) == 7


def test_without_rendered_clips_it_says_how_to_make_them(tmp_path: Path) -> None:
    with refused("data.missing", tmp_path, "--stage render"):
        examples(tmp_path)
    np.save(tmp_path / MOTION, np.zeros((2, 3), np.int8))
    with refused("data.missing", tmp_path):
        examples(tmp_path)
    assert SCALE == 127
