"""The camera drawn quickly, beside the simulator's own; and the expert in the simulator."""

import warnings
from typing import Any

import numpy as np
import pytest

from neuropil.apps.drive import camera
from neuropil.apps.drive.camera import Wheels, chart, seen
from neuropil.apps.drive.expert import Controls, Manner, Motion, controls
from neuropil.apps.drive.track import Track, track

SEED = 30000


@pytest.fixture
def simulator() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gymnasium = pytest.importorskip("gymnasium")
        made = gymnasium.make("CarRacing-v3")
        made.reset(seed=SEED)
        yield made.unwrapped
        made.close()


def motion(simulator: Any) -> Motion:
    hull = simulator.car.hull
    speed = float(np.hypot(*hull.linearVelocity))
    x, y = hull.position
    return Motion(x, y, hull.angle, speed, hull.angularVelocity)


def wheels(simulator: Any) -> Wheels:
    its = simulator.car.wheels
    spins, phases = (tuple(getattr(w, name) for w in its) for name in ("omega", "phase"))
    return Wheels(its[0].joint.angle, spins, phases)


def line(simulator: Any) -> Track:
    return track([(x, y) for _, _, x, y in simulator.track], Manner().sideways)


def step(simulator: Any, told: Controls) -> Any:
    return simulator.step(np.array([told.steer, told.gas, told.brake], np.float32))


def test_it_is_the_simulators_picture_but_for_edges_and_the_score(simulator: Any) -> None:
    drawn, way, point = chart(simulator.road_poly), line(simulator), 0
    for number in range(90):
        now = motion(simulator)
        point = way.near(np.array([now.x, now.y]), point)
        truth = step(simulator, controls(way, point, now, Manner()))[0].astype(int)
        if number not in (0, 20, 60, 89):  # while the camera comes near, and after
            continue
        made = seen(drawn, motion(simulator), wheels(simulator), simulator.t).astype(int)
        assert made.shape == truth.shape == (96, 96, 3)
        off = np.abs(made - truth)
        off[camera.ROAD :, :12] = 0  # the score
        assert off.mean() < 0.6
        assert (off.max(axis=2) > 20).mean() < 0.01
        assert off.max() < 80


def test_the_expert_gets_around(simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "_render", lambda mode: None)
    way, point, score, done = line(simulator), 0, 0.0, False
    for _ in range(1000):
        now = motion(simulator)
        point = way.near(np.array([now.x, now.y]), point)
        _, reward, done, _, _ = step(simulator, controls(way, point, now, Manner()))
        score += reward
        if done:
            break
    assert done
    assert score > 850


def test_void_is_seen_at_the_end_of_the_world() -> None:
    at_the_edge = Motion(camera.FIELD - 1, 0, -np.pi / 2, 0, 0)
    still = Wheels(0, (0, 0, 0, 0), (0, 0, 0, 0))
    picture = seen(chart([]), at_the_edge, still, 2.0)
    assert (picture[:40] == 0).all()
    assert picture[80, 5].tolist() in ([100, 202, 100], [100, 228, 100])


def test_bars_grow_with_what_they_show() -> None:
    def lit(speed: float, turned: float, spin: float) -> list[int]:
        now, its = Motion(0, 0, 0, speed, spin), Wheels(turned, (0, 0, 0, 0), (0, 0, 0, 0))
        rows = np.asarray(camera.instruments(now, its)).astype(int)
        parts = rows[:, 10:18].sum(), rows[:, 20:70, 1].sum(), rows[:, 55:95, 0].sum()
        return [int(part) for part in parts]

    assert lit(0, 0, 0) == [0, 0, 0]
    assert lit(60, 0, 0)[0] > 1.8 * lit(30, 0, 0)[0] > 0
    assert lit(0, 0.2, 0)[1] > 0
    assert lit(0, 0, 2)[2] > 0
