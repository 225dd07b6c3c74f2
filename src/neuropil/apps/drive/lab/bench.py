"""What is measured of the driver, and beside whom.

    neuropil bench drive               ten tracks, and how fast it decides
    neuropil bench drive --tracks 100  all that the card's score is of: seeds 10000 to 10099

Tracks are driven in the original simulator, some side by side. Training and choosing never saw
their seeds. What others have published stands beside it, marked so.
"""

from functools import partial
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from neuropil.apps.drive.app import DRIVER, Drive
from neuropil.apps.drive.controls import Controls
from neuropil.apps.drive.lab.fast_camera import camera
from neuropil.apps.drive.lab.perturbations import DISTURBANCES
from neuropil.apps.drive.lab.scoring import expert_scored, file_scored, side_by_side
from neuropil.apps.drive.preprocess import SIDE, encode
from neuropil.apps.drive.rollout import by_network
from neuropil.apps.drive.simulator import Simulator
from neuropil.kit.errors import UserError
from neuropil.kit.networks.network import Network
from neuropil.kit.report import Figures, Report, Table, timed

FIRST = 10_000  # seed of the first track that is scored on
USUAL = 10  # tracks, where nobody says how many
FAIL = 700  # points below which a drive went wrong
PUBLISHED = (  # rl-baselines3-zoo's benchmark.md; Ha and Schmidhuber 2018
    ("PPO of RL Zoo, published", "153.9 ± 74.5"),
    ("recurrent PPO of RL Zoo, published", "862.5 ± 97.3"),
    ("World Models, published", "906 ± 21"),
)
DECISIONS = 200  # that are timed
DISTURBED = 20  # tracks at most for each disturbance
TEN = 10  # tracks in a row


def measure(data: Path | None, *, tracks: int = USUAL) -> Report:
    """Measure scores and speed; there is no data to measure on, the tracks are made."""
    if data is not None:
        raise UserError(
            "option.conflict",
            f"drive is measured on tracks of the simulator: leave out --data {data}",
            name="data",
        )
    app = Drive()
    speed, figures = deciding(app)
    seeds = range(FIRST, FIRST + tracks)
    ours = side_by_side(partial(file_scored, app.network(DRIVER).path, None), seeds, "the network")
    table, found = beside_others(ours, seeds)
    broken, more = disturbed(app, ours[:DISTURBED])
    return Report((table, by_track(ours), broken, speed), {**found, **more, **figures})


def beside_others(ours: list[float], seeds: range) -> tuple[Table, Figures]:
    """Let the expert drive the same tracks, and list who else has driven some."""
    tracks, low = len(seeds), [s for s, p in zip(seeds, ours, strict=True) if p < FAIL]
    expert = side_by_side(expert_scored, seeds, "the expert")
    rows: list[tuple[object, ...]] = [told("neuropil drive", ours), told("its expert", expert)]
    rows += [(name, score, "", "") for name, score in PUBLISHED]
    title = f"Points on {tracks} tracks, seeds {FIRST} to {FIRST + tracks - 1}"
    columns = ("who drives", "mean", "least", f"below {FAIL}")
    figures: Figures = {
        "score_mean": mean(ours),
        "score_sd": stdev(ours) if tracks > 1 else 0.0,
        "score_min": min(ours),
        "n_tracks": tracks,
        "n_below_700": len(low),
        "below_700": ", ".join(map(str, low)),
        "expert_mean": mean(expert),
        "share_of_expert": mean(ours) / mean(expert),
    }
    return Table(title, columns, tuple(rows)), figures


def by_track(ours: list[float]) -> Table:
    """List the score of every track, ten in a row."""
    rows = [
        (FIRST + i, *(f"{score:.0f}" for score in ours[i : i + TEN]), *[""] * (i + TEN - len(ours)))
        for i in range(0, len(ours), TEN)
    ]
    columns = ("seed", *(f"+ {n}" for n in range(TEN)))
    return Table("Points of the network, track by track", columns, tuple(rows))


def told(name: str, scores: list[float]) -> tuple[str, str, float, int]:
    """Word the scores of a driver as a row."""
    spread = f" ± {stdev(scores):.1f}" if len(scores) > 1 else ""
    low = sum(score < FAIL for score in scores)
    return name, f"{mean(scores):.1f}{spread}", min(scores), low


def disturbed(app: Drive, ours: list[float]) -> tuple[Table, Figures]:
    """Drive the first tracks under each disturbance, beside what they bring without any."""
    seeds = range(FIRST, FIRST + len(ours))
    rows = [told("nothing", ours)]
    figures: Figures = {"score_undisturbed": mean(ours)}
    for name, change in DISTURBANCES.items():
        scores = side_by_side(partial(file_scored, app.network(DRIVER).path, change), seeds, name)
        rows.append(told(name, scores))
        figures[f"score_{change.__name__}"] = mean(scores)
        figures[f"n_below_700_{change.__name__}"] = sum(score < FAIL for score in scores)
    columns = ("what is changed", "mean", "least", f"below {FAIL}")
    return Table(f"Points on {len(ours)} tracks, disturbed", columns, tuple(rows)), figures


def deciding(app: Drive) -> tuple[Table, Figures]:
    """Time decisions on one core, from the picture to the controls, and the simulator's steps."""
    network = Network(app.network(DRIVER).path, threads=1)
    rng = np.random.default_rng(0)
    pictures = rng.integers(256, size=(DECISIONS, SIDE, SIDE, 3), dtype=np.uint8)
    driver = by_network(network)
    decision = timed(lambda: [driver(p) for p in pictures], 3) / DECISIONS
    preparing = timed(lambda: [encode(p[None]) for p in pictures], 3) / DECISIONS
    with Simulator(FIRST) as world:
        ahead = Controls(0.0, 0.1, 0.0)
        step = timed(lambda: [world.step(ahead) for _ in range(20)], 3) / 20
    with Simulator(FIRST, camera=camera) as world:
        picture = timed(lambda: [world.look() for _ in range(20)], 3) / 20
    share = decision / (decision + step)
    rows = (
        ("a decision, picture to controls", 1e3 * decision),
        ("of that, preparing the picture", 1e3 * preparing),
        ("a step of the simulator, with its picture", 1e3 * step),
        ("a picture of our own camera, for training", 1e3 * picture),
    )
    figures: Figures = {
        "decisions_per_second": 1 / decision,
        "network_share": share,
        "simulator_ms": 1e3 * step,
        "camera_ms": 1e3 * picture,
        "weights_mb": app.networks[DRIVER].path.stat().st_size / 1e6,
    }
    return Table("Milliseconds, on one core", ("what", "ms"), rows), figures
