"""What a film keeps of its drives, so that each can be driven again exactly: seeds and controls.

It is a comment in the container: JSON, in which the controls (T, 3) of every drive are float32,
packed and written in base64. The simulator adds nothing by chance: same seed and same controls,
same drive.
"""

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.drive.controls import Controls
from neuropil.apps.drive.rollout import DriveLog
from neuropil.apps.drive.simulator import Simulator
from neuropil.kit.bounded import inflate, too_large
from neuropil.kit.errors import UserError
from neuropil.kit.media.film import Film

Floats = NDArray[np.float32]

KEY = "comment"  # of the container
SEEDS = 2**31  # how many tracks there are
MOST_BYTES = 64_000_000  # of all controls, unpacked: 29 hours; and of the comment itself


@dataclass(frozen=True, eq=False)
class ReplayLog:
    """The controls (T, 3) of a drive on the track of a seed: steering, gas, brake."""

    seed: int
    controls: Floats


@dataclass(frozen=True, eq=False)
class ReplayStep:
    """A step of a drive: what the camera saw there, and what was done."""

    seed: int
    step: int
    picture: NDArray[np.uint8]
    controls: Controls


def film_metadata(laps: Sequence[DriveLog]) -> dict[str, str]:
    """Write down drives for the container of their film."""
    told = [{"seed": lap.seed, "controls": encode_controls(lap)} for lap in laps]
    title = "Drives in CarRacing-v3, steered by a neural network"
    return {"title": title, KEY: json.dumps({"neuropil": "drive", "drives": told})}


def encode_controls(lap: DriveLog) -> str:
    """Write the controls of a drive as text."""
    rows = np.array([(i.steering, i.gas, i.brake) for i in lap.instants], "<f4")
    return base64.b64encode(zlib.compress(rows.tobytes(), 9)).decode("ascii")


def read_logs(film: Film) -> list[ReplayLog]:
    """Read the drives of a film; raises UserError where it is none of ours."""
    try:
        drives = unpack_drives(film.metadata.get(KEY, ""))
    except UserError as error:
        raise error.wrap(f"{film.path}: {error}", film.path) from error
    except (ValueError, KeyError, TypeError, RecursionError, zlib.error):
        drives = []
    if not drives:
        raise UserError(
            "input.kind",
            f"{film.path} keeps no drives: name a film that neuropil drive has written, as it was"
            " written (copies by other programs may lose the comment in which they are kept)",
            path=film.path,
        )
    steps = sum(len(drive.controls) for drive in drives)
    frames = film.n_frames or round(film.seconds * film.fps)
    if abs(frames - steps) > 1:
        raise UserError(
            "input.damaged",
            f"{film.path} has {frames} frames and keeps drives of {steps} steps: it has been cut;"
            " name the film as it was written",
            path=film.path,
        )
    return drives


def unpack_drives(comment: str) -> list[ReplayLog]:
    """Read the drives of a comment; raises UserError where they are too many or damaged."""
    if len(comment) > MOST_BYTES:
        raise too_large("its comment has", MOST_BYTES, "name a film that Neuropil wrote")
    told, left = json.loads(comment), MOST_BYTES
    drives = []
    for each in told["drives"] if told["neuropil"] == "drive" else ():
        drives.append(parse_log(each, left))
        left -= drives[-1].controls.nbytes
    return drives


def parse_log(told: Any, most: int) -> ReplayLog:
    """Read a drive of at most so many bytes.

    Raises ValueError or TypeError where it could not have been driven.
    """
    packet = inflate(base64.b64decode(told["controls"], validate=True), most)
    controls = np.frombuffer(packet, "<f4").reshape(-1, 3)
    low, high = [-1, 0, 0], [1, 1, 1]
    if not (len(controls) and ((low <= controls) & (controls <= high)).all()):
        raise ValueError("no controls, or such as no car has")
    if not (type(told["seed"]) is int and 0 <= told["seed"] < SEEDS):
        raise ValueError("no seed of a track")
    return ReplayLog(told["seed"], controls)


def replay_to_frame(film: Film, frame: int) -> ReplayStep:
    """Drive again up to a frame of the film, counted from 0 over all of its drives."""
    drives = read_logs(film)
    total = sum(len(drive.controls) for drive in drives)
    if not 0 <= frame < total:
        raise UserError(
            "option.range",
            f"frame is {frame}; {film.path} has the frames 0 to {total - 1}",
            name="frame",
            value=frame,
            low=0,
            high=total - 1,
        )
    step = frame
    for drive in drives:
        if step < len(drive.controls):
            break
        step -= len(drive.controls)
    return ReplayStep(drive.seed, step, replay_image(drive, step), controls_at(drive, step))


def replay_image(drive: ReplayLog, step: int) -> NDArray[np.uint8]:
    """Drive a track again, up to a step, and look."""
    with Simulator(drive.seed) as world:
        for number in range(step):
            world.step(controls_at(drive, number), blind=number < step - 1)
        return world.picture


def controls_at(drive: ReplayLog, step: int) -> Controls:
    """Find what was done at a step."""
    steer, gas, brake = (float(value) for value in drive.controls[step])
    return Controls(steer, gas, brake)
