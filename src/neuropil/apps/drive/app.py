"""The application: the number of a track in, a drive around it out.

    made = Drive()(tracks=2, seed=1000)
    made.film.save(Path("drive.mp4")), made.laps[0].score

The same track and the same network give the same drive.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Annotated, ClassVar, Literal, final

import numpy as np

from neuropil.apps.drive.preprocess import encode, require_camera_frame
from neuropil.apps.drive.probe import build_probe
from neuropil.apps.drive.render import DriveFilm, draw_maps
from neuropil.apps.drive.replay import SEEDS, replay_to_frame
from neuropil.apps.drive.rollout import DriveLog, network_policy, record_drive
from neuropil.contract import App, verb
from neuropil.core.probe import Probe
from neuropil.kit.errors import UserError
from neuropil.kit.media.document import Document
from neuropil.kit.media.film import Film
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import NetworkFile
from neuropil.kit.networks.onnx_file import OnnxFile
from neuropil.kit.progress import ticking, track
from neuropil.kit.ranges import Range
from neuropil.signature import Local

DRIVER = "driver"
TRACKS, SEED = Range(1, 100), Range(0, SEEDS - 101)
FRAME, RATE = Range(0, 10**9), Range(0, 100)
CONTROL_TOLERANCE = 1e-4  # by which controls may differ between processors


@dataclass(frozen=True)
class FrameControls:
    """What the network would do at a frame of a film: -1 (left) to 1 (right), and 0 to 1."""

    frame: int
    steering: float
    gas: float
    brake: float


class ScoreSheet(Document):
    """The scores of drives, a line for each."""

    SUFFIXES: ClassVar = (".txt",)


class ControlSheet(Document):
    """The controls for the frames of a film, a line for each."""

    SUFFIXES: ClassVar = (".txt", ".csv")


@dataclass(frozen=True, eq=False)
class DriveResult:
    """What came of driving.

    scores: a line for each track
    film: of all drives, written only where a file is named for it
    map: the tracks from above, with the way that was driven
    laps: every step of every drive
    """

    scores: ScoreSheet
    film: DriveFilm
    map: Image | None
    laps: tuple[DriveLog, ...]


@dataclass(frozen=True, eq=False)
class PredictedControls:
    """What the network would do at every frame of a film, as a table and in numbers."""

    table: ControlSheet
    controls: tuple[FrameControls, ...]


@final
class Drive(App):
    """Drives a car by what its camera sees."""

    summary = "Drive a car around a track by what its camera sees."
    open_example = "neuropil open drive drive.mp4 --frame 120"
    networks: ClassVar[Mapping[str, NetworkFile]] = {
        DRIVER: NetworkFile(
            Path(__file__).parent / "weights",
            "drive-driver-v1.onnx",
            sha256="bd4b4c9435b47ddf8f77bce1b510d34eca328c9d00440abe644d3946b9893310",
            licence="MIT",
        )
    }

    @verb(example="neuropil drive --seed 1000 -o drive.mp4")
    def __call__(
        self,
        *,
        tracks: Annotated[int, TRACKS] = 1,
        seed: Annotated[int, SEED] = 1000,
        map: bool = False,
        watch: Annotated[bool, Local()] = False,
    ) -> DriveResult:
        """Drive a car around a track by what its camera sees.

        Tracks are those of Gymnasium's CarRacing-v3.

        tracks: how many tracks to drive, one after the other
        seed: random seed of the first track; each further track has the next number
        map: draw the tracks from above too, with the way that was driven: drive-map.png, or beside
            the film
        watch: show the drive in a window while it goes on
        """
        network = self.network(DRIVER)
        driven = tuple(
            record_drive(each, network, window=watch)
            for each in track(range(seed, seed + tracks), total=tracks, title="drives")
        )
        laps = tuple(each.lap for each in driven)
        drawn = draw_maps(driven) if map else None
        return DriveResult(
            word_scores(laps), DriveFilm(driven, OnnxFile(network.content)), drawn, laps
        )

    @verb(example="neuropil drive-predict seen.mkv -o controls.csv")
    def predict(self, film: Film) -> PredictedControls:
        """Predict the controls for every frame of a film.

        film: a film of what the simulator's camera sees, 96 × 96 pixels; no car is driven
        """
        require_camera_frame((film.height, film.width, 3), f"{film.path} has frames")
        decide = network_policy(self.network(DRIVER))
        every = tuple(
            FrameControls(n, *astuple(decide(frame.pixels)))
            for n, frame in enumerate(ticking(film.frames()))
        )
        return PredictedControls(word_controls(every), every)

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
        frame: number of the frame of the film, the first is 0
        label: the control of the car that is opened
        target: what the control should have been, from -1 (left) to 1 (right) for steering, from 0
            to 1 for the others; with it a loss and a training step are shown
        rate: learning rate of the training step towards the target
        """
        if target is not None:
            (Range(-1, 1) if label == "steering" else Range(0, 1)).check("target", target)
        there, network = replay_to_frame(film, frame), self.network(DRIVER)
        now = network_policy(network)(there.picture)
        pairs = zip(astuple(now), astuple(there.controls), strict=True)
        off = max(abs(told_now - driven) for told_now, driven in pairs)
        if not off <= CONTROL_TOLERANCE:
            raise UserError(
                "network.mismatch",
                f"at frame {frame} of {film.path} another network drove, or in another version of"
                f" the simulator (its controls are {off:.2g} away from what"
                f" {network.path.name} does there): name that network by --weights",
                path=network.path,
            )
        picture = np.ascontiguousarray(encode(there.picture[None]))
        return build_probe(network.path, picture, there, label, target, rate)


def word_scores(laps: tuple[DriveLog, ...]) -> ScoreSheet:
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
    return ScoreSheet("\n".join(lines) + "\n")


def word_controls(every: tuple[FrameControls, ...]) -> ControlSheet:
    """Word the controls, and set them in a table."""
    lines = [
        f"frame {c.frame:5}  steering {c.steering:+.4f}  gas {c.gas:.4f}  brake {c.brake:.4f}\n"
        for c in every
    ]
    rows = [f"{c.frame},{c.steering:.6f},{c.gas:.6f},{c.brake:.6f}\n" for c in every]
    return ControlSheet("".join(lines), csv="".join(["frame,steering,gas,brake\n", *rows]))
