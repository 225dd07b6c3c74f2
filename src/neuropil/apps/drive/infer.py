"""The application: the number of a track in, a drive around it out.

drove = Drive()(tracks=2, seed=1000)
drove.film.save(Path("drive.mp4")), drove.laps[0].score
"""

from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Annotated, ClassVar, Literal, final

import numpy as np

from neuropil.apps.drive.data import check, encode
from neuropil.apps.drive.driving import Lap, by_network, taped
from neuropil.apps.drive.probe import found
from neuropil.apps.drive.render import Footage, charted
from neuropil.apps.drive.tape import SEEDS, place
from neuropil.kit.between import Between
from neuropil.kit.errors import UserError
from neuropil.kit.film import Film
from neuropil.kit.image import Image
from neuropil.kit.probe import Probe
from neuropil.kit.progress import track
from neuropil.kit.sheet import Sheet
from neuropil.kit.weights import Weights
from neuropil.registry import App

TRACKS, SEED = Between(1, 100), Between(0, SEEDS - 101)
FRAME, RATE = Between(0, 10**9), Between(0, 100)
SAME = 1e-4  # by which controls may differ between processors


@dataclass(frozen=True)
class Decision:
    """What the network would do at a frame of a film: -1 (left) to 1 (right), and 0 to 1."""

    frame: int
    steering: float
    gas: float
    brake: float


@dataclass(frozen=True, eq=False)
class Drove:
    """What came of driving: the scores as a text, a film, on demand a map, and every step.

    decisions: of every frame, where frames of a film were given instead of a track
    """

    table: Sheet
    film: Footage | None = None
    map: Image | None = None
    laps: tuple[Lap, ...] = ()
    decisions: tuple[Decision, ...] = ()


@final
class Drive(App):
    """Drives a car by what its camera sees."""

    name = "drive"
    title = "a car that steers itself by what its camera sees, in a simulator"
    weights: ClassVar[Weights] = Weights(
        Path(__file__).parent / "weights",
        "drive-driver-v1.onnx",
        sha256="27efb83d548d8f9b4b5b1d246e3edc8aa179686fbd37256e7c4566ed0ec0dab4",
        licence="MIT",
    )

    def __call__(
        self,
        *,
        tracks: Annotated[int, TRACKS] = 1,
        seed: Annotated[int, SEED] = 1000,
        map: bool = False,
        watch: bool = False,
        frames: Film | None = None,
    ) -> Drove:
        """Drive a car around tracks of Gymnasium's CarRacing-v3, by what its camera sees.

        tracks: how many, one after the other
        seed: of the first track; the next ones follow it
        map: also draw the tracks from above, with the way that was driven: drive-map.png, or beside
            the film
        watch: open a window and look on
        frames: a film of what such a camera saw, 96 × 96 pixels; no car is driven, and the
            controls for every frame are told instead
        """
        TRACKS.check("tracks", tracks)
        SEED.check("seed", seed)
        if frames is not None:
            if (tracks, seed, map, watch) != (1, 1000, False, False):
                raise UserError(
                    "option.conflict",
                    "tracks, seed, map and watch mean nothing with frames, where no car is driven;"
                    " leave them out",
                    name="frames",
                )
            return self.steered(frames)
        driven = tuple(
            taped(each, self.network, window=watch)
            for each in track(range(seed, seed + tracks), total=tracks, title="drives")
        )
        laps = tuple(each.lap for each in driven)
        drawn = charted(driven) if map else None
        return Drove(scores(laps), Footage(driven, self.network.path), drawn, laps)

    def steered(self, frames: Film) -> Drove:
        """Tell what the network would do at every frame of a film."""
        check((frames.height, frames.width, 3), f"{frames.path} has frames")
        drive = by_network(self.network)
        every = tuple(
            Decision(n, *astuple(drive(frame.pixels))) for n, frame in enumerate(frames.frames())
        )
        lines = [
            f"frame {d.frame:5}  steering {d.steering:+.4f}  gas {d.gas:.4f}  brake {d.brake:.4f}"
            for d in every
        ]
        return Drove(Sheet("\n".join(lines) + "\n"), decisions=every)

    def probe(
        self,
        film: Film,
        *,
        frame: Annotated[int, FRAME] = 0,
        label: Literal["steering", "gas", "brake"] = "steering",
        target: float | None = None,
        rate: Annotated[float, RATE] = 0.01,
    ) -> Probe:
        """Find the neuron behind what was done at a frame of a film of drives.

        film: a film that neuropil drive has written; it is driven again up to the frame
        frame: its number, from 0
        label: what was done
        target: what should have been done, -1 to 1 or 0 to 1; then there is a loss and a step
        rate: of that step
        """
        FRAME.check("frame", frame)
        RATE.check("rate", rate)
        if target is not None:
            (Between(-1, 1) if label == "steering" else Between(0, 1)).check("target", target)
        there = place(film, frame)
        now = by_network(self.network)(there.picture)
        pairs = zip(astuple(now), astuple(there.controls), strict=True)
        off = max(abs(told_now - driven) for told_now, driven in pairs)
        if not off <= SAME:
            raise UserError(
                "network.mismatch",
                f"at frame {frame} of {film.path} another network drove, or in another version of"
                f" the simulator (its controls are {off:.2g} away from what"
                f" {self.network.path.name} does there): name that network by --weights",
                path=self.network.path,
            )
        picture = np.ascontiguousarray(encode(there.picture[None]))
        return found(self.network.path, picture, there, label, target, rate)


def scores(laps: tuple[Lap, ...]) -> Sheet:
    """Word the scores, and what they are on average."""
    lines = [
        f"track {lap.seed}: {lap.score:.1f} points in {len(lap.instants)} steps" for lap in laps
    ]
    if len(laps) > 1:
        points = [lap.score for lap in laps]
        lines.append(
            f"{len(laps)} tracks: {mean(points):.1f} ± {stdev(points):.1f} points,"
            f" at least {min(points):.1f}"
        )
    return Sheet("\n".join(lines) + "\n")
