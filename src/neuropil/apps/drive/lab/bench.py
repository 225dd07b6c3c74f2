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
from neuropil.apps.drive.lab.perturbations import PERTURBATIONS
from neuropil.apps.drive.lab.scoring import parallel_map, score_expert, score_network_file
from neuropil.apps.drive.preprocess import SIDE, encode
from neuropil.apps.drive.rollout import network_policy
from neuropil.apps.drive.simulator import Simulator
from neuropil.kit.errors import UserError
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.report import Metrics, Report, Table, median_seconds

FIRST = 10_000  # seed of the first track that is scored on
DEFAULT_TRACKS = 10  # tracks, where nobody says how many
FAILURE_SCORE = 700  # points below which a drive went wrong
PUBLISHED = (  # rl-baselines3-zoo's benchmark.md; Ha and Schmidhuber 2018
    ("PPO of RL Zoo, published", "153.9 ± 74.5"),
    ("recurrent PPO of RL Zoo, published", "862.5 ± 97.3"),
    ("World Models, published", "906 ± 21"),
)
DECISIONS = 200  # that are timed
DISTURBED = 20  # tracks at most for each disturbance
TEN = 10  # tracks in a row


def measure(data: Path | None, *, tracks: int = DEFAULT_TRACKS) -> Report:
    """Measure scores and speed; there is no data to measure on, the tracks are made."""
    if data is not None:
        raise UserError(
            "option.conflict",
            f"drive is measured on tracks of the simulator: leave out --data {data}",
            name="data",
        )
    app = Drive()
    speed, figures = bench_latency(app)
    seeds = range(FIRST, FIRST + tracks)
    ours = parallel_map(
        partial(score_network_file, app.network(DRIVER).path, None), seeds, "the network"
    )
    table, found = compare_drivers(ours, seeds)
    broken, more = bench_perturbations(app, ours[:DISTURBED])
    return Report((table, track_table(ours), broken, speed), {**found, **more, **figures})


def compare_drivers(ours: list[float], seeds: range) -> tuple[Table, Metrics]:
    """Let the expert drive the same tracks, and list who else has driven some."""
    tracks, low = len(seeds), [s for s, p in zip(seeds, ours, strict=True) if p < FAILURE_SCORE]
    expert = parallel_map(score_expert, seeds, "the expert")
    rows: list[tuple[object, ...]] = [
        score_row("neuropil drive", ours),
        score_row("its expert", expert),
    ]
    rows += [(name, score, "", "") for name, score in PUBLISHED]
    title = f"Points on {tracks} tracks, seeds {FIRST} to {FIRST + tracks - 1}"
    columns = ("who drives", "mean", "least", f"below {FAILURE_SCORE}")
    figures: Metrics = {
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


def track_table(ours: list[float]) -> Table:
    """List the score of every track, ten in a row."""
    rows = [
        (FIRST + i, *(f"{score:.0f}" for score in ours[i : i + TEN]), *[""] * (i + TEN - len(ours)))
        for i in range(0, len(ours), TEN)
    ]
    columns = ("seed", *(f"+ {n}" for n in range(TEN)))
    return Table("Points of the network, track by track", columns, tuple(rows))


def score_row(name: str, scores: list[float]) -> tuple[str, str, float, int]:
    """Word the scores of a driver as a row."""
    spread = f" ± {stdev(scores):.1f}" if len(scores) > 1 else ""
    low = sum(score < FAILURE_SCORE for score in scores)
    return name, f"{mean(scores):.1f}{spread}", min(scores), low


def bench_perturbations(app: Drive, ours: list[float]) -> tuple[Table, Metrics]:
    """Drive the first tracks under each disturbance, beside what they bring without any."""
    seeds = range(FIRST, FIRST + len(ours))
    rows = [score_row("nothing", ours)]
    figures: Metrics = {"score_undisturbed": mean(ours)}
    for name, change in PERTURBATIONS.items():
        scores = parallel_map(
            partial(score_network_file, app.network(DRIVER).path, change), seeds, name
        )
        rows.append(score_row(name, scores))
        figures[f"score_{change.__name__}"] = mean(scores)
        figures[f"n_below_700_{change.__name__}"] = sum(score < FAILURE_SCORE for score in scores)
    columns = ("what is changed", "mean", "least", f"below {FAILURE_SCORE}")
    return Table(f"Points on {len(ours)} tracks, disturbed", columns, tuple(rows)), figures


def bench_latency(app: Drive) -> tuple[Table, Metrics]:
    """Time decisions on one core, from the picture to the controls, and the simulator's steps."""
    network = OnnxNetwork(app.network(DRIVER).path, threads=1)
    rng = np.random.default_rng(0)
    pictures = rng.integers(256, size=(DECISIONS, SIDE, SIDE, 3), dtype=np.uint8)
    driver = network_policy(network)
    decision = median_seconds(lambda: [driver(p) for p in pictures], 3) / DECISIONS
    preparing = median_seconds(lambda: [encode(p[None]) for p in pictures], 3) / DECISIONS
    with Simulator(FIRST) as world:
        ahead = Controls(0.0, 0.1, 0.0)
        step = median_seconds(lambda: [world.step(ahead) for _ in range(20)], 3) / 20
    with Simulator(FIRST, camera=camera) as world:
        picture = median_seconds(lambda: [world.look() for _ in range(20)], 3) / 20
    share = decision / (decision + step)
    rows = (
        ("a decision, picture to controls", 1e3 * decision),
        ("of that, preparing the picture", 1e3 * preparing),
        ("a step of the simulator, with its picture", 1e3 * step),
        ("a picture of our own camera, for training", 1e3 * picture),
    )
    figures: Metrics = {
        "decisions_per_second": 1 / decision,
        "network_share": share,
        "simulator_ms": 1e3 * step,
        "camera_ms": 1e3 * picture,
        "weights_mb": app.networks[DRIVER].path.stat().st_size / 1e6,
    }
    return Table("Milliseconds, on one core", ("what", "ms"), rows), figures
