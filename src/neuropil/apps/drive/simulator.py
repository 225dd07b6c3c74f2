"""CarRacing-v3 of Gymnasium, unchanged, with what a driver and our camera need to know of it.

    world = Simulator(seed=1000)
    over = world.step(Controls(0.0, 0.5, 0.0))
    world.picture, world.score

With a `camera`, such as that of `lab/fast_camera.py` for training, the picture is drawn by it; the
physics are the simulator's own. Without, everything is. With `window=True` a person can watch.
"""

import warnings
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.drive.controls import CarState, Controls, WheelState
from neuropil.apps.drive.preprocess import SIDE
from neuropil.kit.errors import UserError, say_install

Bytes = NDArray[np.uint8]
Camera = Callable[[CarState, WheelState, float], Bytes]  # seconds after the start: (96, 96, 3)

MAX_STEPS = 1000  # of a drive, at most; 50 a second
HEADLESS_DRIVERS = {"dummy", "offscreen"}  # what SDL draws on where there is no screen


class Simulator:
    """One drive on the track of a seed."""

    def __init__(
        self, seed: int, *, camera: Callable[[Any], Camera] | None = None, window: bool = False
    ) -> None:
        """Go to the start of the track of a seed; `camera` is made for the polygons of its road."""
        self._world = _world("human" if window else None)
        self.inside: Any = self._world.unwrapped
        if camera:
            self.inside._render = _draw_nothing
        first = _started(self._world, seed, window=window)
        self._camera = camera(self.inside.road_poly) if camera else None
        self.picture: Bytes = self.look() if self._camera else first
        self.score = 0.0
        self.n_steps = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the track."""
        self._world.close()

    def step(self, told: Controls, *, blind: bool = False) -> bool:
        """Drive for a fiftieth of a second; return whether the drive is over.

        blind: draw nothing, which takes a fraction of the time; the picture is black
        """
        if blind:
            self.inside._render = _draw_nothing
        action = np.array([told.steer, told.gas, told.brake], np.float32)
        picture, reward, ended, out_of_time, _ = self._world.step(action)
        if blind and self._camera is None:
            del self.inside._render  # the class's own is there again
        self.score += float(reward)
        self.n_steps += 1
        self.picture = self.look() if self._camera else picture
        return bool(ended or out_of_time)

    def look(self) -> Bytes:
        """Draw what the camera sees now."""
        assert self._camera
        return self._camera(self.car_state, self.wheels, self.inside.t)

    @property
    def centerline(self) -> list[tuple[float, float]]:
        """List the corners of the road's middle, as it is driven."""
        return [(x, y) for _, _, x, y in self.inside.track]

    @property
    def car_state(self) -> CarState:
        """Tell where the car is and how it moves."""
        hull = self.inside.car.hull
        x, y = hull.position
        speed = float(np.hypot(*hull.linearVelocity))
        return CarState(x, y, hull.angle, speed, hull.angularVelocity)

    @property
    def wheels(self) -> WheelState:
        """Tell how the wheels stand and turn."""
        front_left, front_right, rear_left, rear_right = its = self.inside.car.wheels
        return WheelState(
            front_left.joint.angle,
            (front_left.omega, front_right.omega, rear_left.omega, rear_right.omega),
            (its[0].phase, its[1].phase, its[2].phase, its[3].phase),
        )


def _draw_nothing(mode: str) -> Bytes:
    """Draw nothing in place of the simulator's picture."""
    return np.zeros((SIDE, SIDE, 3), np.uint8)


def _started(world: Any, seed: int, *, window: bool) -> Bytes:
    """Go to the start of the track of a seed; raises UserError where no window can be opened."""
    import pygame

    try:
        first: Bytes = world.reset(seed=seed)[0]
    except pygame.error as error:
        raise _no_screen(str(error)) from error
    if window and pygame.display.get_driver() in HEADLESS_DRIVERS:
        raise _no_screen("nothing that is drawn is shown")
    return first


def _no_screen(why: str) -> UserError:
    """Say that nobody could look on."""
    return UserError(
        "dependency.missing",
        f"there is no screen to open a window on ({why}); leave out --watch, and look at the film",
    )


def _world(render_mode: str | None) -> Any:
    """Make the simulator; raises UserError where it, or a library under it, isn't installed."""
    missing = UserError(
        "dependency.missing",
        f"the simulator is missing; install the extra [drive]: {say_install('drive')}",
        name="gymnasium",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries under it, about one another
        try:
            import gymnasium
            from gymnasium.error import DependencyNotInstalled
        except ImportError as error:
            raise missing from error
        try:
            return gymnasium.make(
                "CarRacing-v3", max_episode_steps=MAX_STEPS, render_mode=render_mode
            )
        except DependencyNotInstalled as error:  # Box2D or pygame
            raise missing from error
