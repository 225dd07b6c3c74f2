"""The camera drawn quickly, beside the simulator's own; and the expert in the simulator."""

import sys

import gymnasium
import numpy as np
import pytest
from refusals import refused

from neuropil.apps.drive import preprocess
from neuropil.apps.drive.controls import CarState, Controls, WheelState
from neuropil.apps.drive.lab import fast_camera
from neuropil.apps.drive.lab.expert import ExpertParameters, choose_controls
from neuropil.apps.drive.lab.fast_camera import camera, draw_track_map, render_frame
from neuropil.apps.drive.lab.racing_line import Track, racing_line
from neuropil.apps.drive.simulator import Simulator

SEED = 30000


def line(world: Simulator) -> Track:
    return racing_line(world.centerline, ExpertParameters().max_lateral_offset)


def test_it_is_the_simulators_picture_but_for_edges_and_the_score() -> None:
    world = Simulator(SEED)
    drawn, way, point = draw_track_map(world.inside.road_poly), line(world), 0
    for number in range(90):
        now = world.car_state
        point = way.nearest_point(np.array([now.x, now.y]), point)
        world.step(choose_controls(way, point, now, ExpertParameters()))
        now = world.car_state
        if number not in (0, 20, 60, 89):  # while the camera comes near, and after
            continue
        truth = world.picture.astype(int)
        made = render_frame(drawn, now, world.wheels, world.inside.t).astype(int)
        assert made.shape == truth.shape == (96, 96, 3)
        off = np.abs(made - truth)
        off[preprocess.ROAD :, :12] = 0  # the score
        assert off.mean() < 0.6
        assert (off.max(axis=2) > 20).mean() < 0.01
        assert off.max() < 80


def test_the_expert_gets_around() -> None:
    with Simulator(SEED, camera=camera) as world:
        way, point, over = line(world), 0, False
        while not over:
            now = world.car_state
            point = way.nearest_point(np.array([now.x, now.y]), point)
            over = world.step(choose_controls(way, point, now, ExpertParameters()))
        assert world.n_steps < 1000, "all of the track was driven before time was over"
        assert world.score > 850
        assert world.picture.shape == (96, 96, 3)


def test_the_same_seed_and_controls_make_the_same_drive() -> None:
    def driven() -> tuple[float, bytes]:
        with Simulator(SEED, camera=camera) as world:
            for number in range(40):
                world.step(Controls(0.2 * (number % 3 - 1), 0.4, 0.0))
            return world.score, world.picture.tobytes()

    assert driven() == driven()


def test_a_missing_simulator_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with refused("dependency.missing", 'pip install "neuropil[drive]"'):
        Simulator(SEED)


def test_a_simulator_without_its_physics_is_missing_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(*_: object, **__: object) -> None:
        raise gymnasium.error.DependencyNotInstalled("Box2D is not installed")

    monkeypatch.setattr(gymnasium, "make", make)
    with refused("dependency.missing", 'pip install "neuropil[drive]"'):
        Simulator(SEED)


def test_void_is_seen_at_the_end_of_the_world() -> None:
    at_the_edge = CarState(fast_camera.FIELD - 1, 0, -np.pi / 2, 0, 0)
    still = WheelState(0, (0, 0, 0, 0), (0, 0, 0, 0))
    picture = render_frame(draw_track_map([]), at_the_edge, still, 2.0)
    assert (picture[:40] == 0).all()
    assert picture[80, 5].tolist() in ([100, 202, 100], [100, 228, 100])


def test_bars_grow_with_what_they_show() -> None:
    def lit(speed: float, turned: float, spin: float) -> list[int]:
        now, its = CarState(0, 0, 0, speed, spin), WheelState(turned, (0, 0, 0, 0), (0, 0, 0, 0))
        rows = np.asarray(fast_camera.render_instruments(now, its)).astype(int)
        parts = rows[:, 10:18].sum(), rows[:, 20:70, 1].sum(), rows[:, 55:95, 0].sum()
        return [int(part) for part in parts]

    assert lit(0, 0, 0) == [0, 0, 0]
    assert lit(60, 0, 0)[0] > 1.8 * lit(30, 0, 0)[0] > 0
    assert lit(0, 0.2, 0)[1] > 0
    assert lit(0, 0, 2)[2] > 0
