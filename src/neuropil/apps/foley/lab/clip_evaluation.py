"""How well real clips are understood: their onsets, what they sound like, where they are cut.

Nothing is chosen on them: they only measure. `labels.tsv`, which says which classes of the library
fit the label of a clip, was written before anything was measured; labels without a class that fits
are left out of the figure.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.analysis import Shot
from neuropil.apps.foley.app import Foley
from neuropil.apps.foley.cuts import CutFinder
from neuropil.apps.foley.lab.evaluation import OnsetCounts, Times, count_matches, find_peaks
from neuropil.apps.foley.lab.recordings import read_files, read_table
from neuropil.apps.foley.motion import MotionTracker, reduce_frame
from neuropil.apps.foley.networks import ONSET
from neuropil.apps.foley.onsets import OnsetFinder
from neuropil.apps.foley.sound_table import rate_ambience, rate_events
from neuropil.apps.foley.tagger import tag_names
from neuropil.kit.media.film import Film
from neuropil.kit.progress import track
from neuropil.kit.report import Metrics, Table

LABELS = Path(__file__).with_name("labels.tsv")
STRONGEST = 20  # a part in so many of the cells is the motion of a frame to the baseline
GRID = tuple(float(x) for x in np.round(np.exp(np.linspace(np.log(0.5), np.log(30), 28)), 2))
GIVEN_FLOW = 0.488  # F of peaks of Farnebäck's flow, as the README of the data says
DRAWS = 200  # of random onsets
BOOTSTRAPS = 2000
AMONG = 5  # classes, the first and four candidates
LONGEST_SHOT = 1.5  # seconds of each clip in a film that is joined of them


@dataclass(frozen=True, eq=False)
class CheckedClip:
    """A real clip, and the onsets that people found in it, in seconds.

    inside: from when to when onsets count; None of a clip that was not looked through
    """

    film: Film
    label: str
    inside: tuple[float, float] | None
    onsets: tuple[float, ...]

    def keep_inside(self, times: Sequence[float] | Times) -> list[float]:
        """Keep what counts."""
        assert self.inside, "only clips that were looked through have onsets"
        return [t for t in times if self.inside[0] <= t <= self.inside[1]]


@contextmanager
def unpack_clips(data: Path) -> Iterator[list[CheckedClip]]:
    """Unpack the real clips, for as long as they are needed."""
    rows, onsets = read_table(data, "clips.csv"), read_table(data, "onsets.csv")
    files = read_files(data / "clips.zip", (row["file"] for row in rows))
    with TemporaryDirectory() as folder:
        clips = []
        for row in rows:
            path = Path(folder, row["file"])
            path.write_bytes(files[row["file"]])
            own = tuple(float(o["time_s"]) for o in onsets if o["file"] == row["file"])
            span = row["eval_from_s"], row["eval_to_s"]
            inside = (float(span[0]), float(span[1])) if row["checked"] == "1" else None
            clips.append(CheckedClip(Film.open(path), row["label"], inside, own))
        yield clips


# Onsets -------------------------------------------------------------------------------------------


def evaluate_onsets(app: Foley, data: Path) -> tuple[list[Table], Metrics]:
    """Score the network, the flow of motion and chance on the clips that were looked through."""
    with unpack_clips(data) as clips:
        some = [clip for clip in clips if clip.inside]
        ours = [count_ours(app, clip) for clip in track(some, total=len(some), title="onsets")]
        flow = count_flow(some)
    total, by_flow = sum_counts(ours), sum_counts(flow)
    by_chance = score_chance(some)
    low, high = bootstrap_f(ours)
    rows: list[tuple[object, ...]] = [
        (clip.film.path.stem, c.true, c.found, c.precision, c.recall, c.f, f.f)
        for clip, c, f in zip(some, ours, flow, strict=True)
    ]
    whole = (total.precision, total.recall, total.f, by_flow.f)
    rows.append(("all", total.true, total.found, *whole))
    rows.append(("Farnebäck's flow, as the data say", total.true, "", "", "", "", GIVEN_FLOW))
    rows.append(("chance", total.true, total.true, "", "", by_chance, ""))
    columns = ("clip", "hits", "found", "precision", "recall", "F", "F of flow")
    figures: Metrics = {
        "onset_f": total.f,
        "onset_f_low": low,
        "onset_f_high": high,
        "onset_precision": total.precision,
        "onset_recall": total.recall,
        "onset_median_ms": total.median_ms,
        "onset_f_flow": by_flow.f,
        "onset_f_flow_given": GIVEN_FLOW,
        "onset_f_random": by_chance,
        "n_onset_clips": len(some),
        "n_onsets": total.true,
    }
    return [Table("Onsets of real clips, within 100 ms", columns, tuple(rows))], figures


def count_ours(app: Foley, clip: CheckedClip) -> OnsetCounts:
    """Count the onsets that the network finds."""
    finder = OnsetFinder(app.network(ONSET))
    found = [onset.time for frame in clip.film.frames() for onset in finder.push(frame)]
    found += [onset.time for onset in finder.finish()]
    return count_matches(clip.keep_inside(found), clip.keep_inside(clip.onsets))


def count_flow(clips: Sequence[CheckedClip]) -> list[OnsetCounts]:
    """Count peaks of the slowing of motion, each clip by the threshold best on the others."""
    by_threshold = [
        [count_flow_of(clip, curve, at) for at in GRID] for clip, curve in curves(clips)
    ]
    found = []
    for n in range(len(clips)):
        others = [row for m, row in enumerate(by_threshold) if m != n]
        scores = [sum_counts([row[k] for row in others]).f for k in range(len(GRID))]
        found.append(by_threshold[n][int(np.argmax(scores))])
    return found


def curves(
    clips: Sequence[CheckedClip],
) -> Iterator[tuple[CheckedClip, tuple[Times, NDArray[np.float32]]]]:
    """Measure how much the strongest motion of each frame slows down in the next one."""
    for clip in clips:
        tracker = MotionTracker()
        moments, speeds = [], []
        for frame in clip.film.frames():
            maps = tracker.push(reduce_frame(frame.pixels)).maps
            speed = np.sort(np.hypot(maps[0], maps[1]), axis=None)
            moments.append(float(frame.time))
            speeds.append(speed[-len(speed) // STRONGEST :].mean())
        curve = np.maximum(0, -np.diff(speeds, append=speeds[-1])).astype(np.float32)
        yield clip, (np.array(moments), curve)


def count_flow_of(
    clip: CheckedClip, curve: tuple[Times, NDArray[np.float32]], threshold: float
) -> OnsetCounts:
    """Count the peaks of a curve that lie so many robust deviations above its median."""
    moments, x = curve
    spread = np.median(np.abs(x - np.median(x))) + 1e-6 + 0.02 * x.max()
    found = find_peaks(moments, ((x - np.median(x)) / spread).astype(np.float32), threshold)
    return count_matches(clip.keep_inside(found), clip.keep_inside(clip.onsets))


def score_chance(clips: Sequence[CheckedClip]) -> float:
    """Score as many random onsets as there are true ones: the mean F of many draws."""
    rng = np.random.default_rng(0)
    scores = []
    for _ in range(DRAWS):
        counts = []
        for clip in clips:
            true = clip.keep_inside(clip.onsets)
            assert clip.inside
            counts.append(count_matches(np.sort(rng.uniform(*clip.inside, len(true))), true))
        scores.append(sum_counts(counts).f)
    return mean(scores)


def sum_counts(counts: Sequence[OnsetCounts]) -> OnsetCounts:
    """Add counts up."""
    total = OnsetCounts()
    for each in counts:
        total += each
    return total


def bootstrap_f(counts: Sequence[OnsetCounts]) -> tuple[float, float]:
    """Give the middle 95 % of F over clips drawn again and again."""
    rng = np.random.default_rng(0)
    table = np.array([(c.right, c.found + c.true) for c in counts], float)
    drawn = table[rng.integers(0, len(table), (BOOTSTRAPS, len(table)))].sum(axis=1)
    low, high = np.quantile(2 * drawn[:, 0] / np.maximum(drawn[:, 1], 1), (0.025, 0.975))
    return float(low), float(high)


# Classes ------------------------------------------------------------------------------------------


def read_labels() -> dict[str, set[str]]:
    """Read which classes fit which label."""
    lines = LABELS.read_text(encoding="utf-8").splitlines()
    return {label: set(names.split()) for label, names in (line.split("\t") for line in lines)}


def evaluate_classes(app: Foley, data: Path) -> tuple[list[Table], Metrics]:
    """Score what clips are given to sound like: the likeliest class, and the first five."""
    fitting = read_labels()
    with unpack_clips(data) as clips:
        some = [clip for clip in clips if clip.label in fitting]
        ranked = [rank_classes(app.make_analyzer().watch(clip.film)) for clip in some]
        left_out = sorted({clip.label for clip in clips} - fitting.keys())
    true = [fitting[clip.label] for clip in some]
    one, five = best_constant(true, 1), best_constant(true, AMONG)
    top1 = mean(bool({names[0]} & fits) for names, fits in zip(ranked, true, strict=True))
    top5 = mean(bool({*names[:AMONG]} & fits) for names, fits in zip(ranked, true, strict=True))
    rows = [
        (clip.film.path.stem, clip.label, ", ".join(names[:AMONG]))
        for clip, names in zip(some, ranked, strict=True)
    ]
    rows.append(("left out", "", ", ".join(left_out)))
    figures: Metrics = {
        "event_class_top1": top1,
        "event_class_top5": top5,
        "event_class_top1_constant": one,
        "event_class_top5_constant": five,
        "n_class_clips": len(some),
    }
    return [Table("What real clips are given", ("clip", "label", "classes"), tuple(rows))], figures


def rank_classes(shots: Sequence[Shot]) -> list[str]:
    """Rank classes for a clip, of events and of ambience: the surer its onsets, the more events.

    p[n] ~ mean over shots of q · events[n] + (1 - q) · ambience[n], q the mean chance of an onset
    """
    ratings = []
    for shot in shots:
        sure = mean(onset.probability for onset in shot.onsets) if shot.onsets else 0.0
        events = [rate_events(shot.seen, onset.forms) for onset in shot.onsets]
        ratings += [sure * each / len(events) for each in events]
        ratings.append((1 - sure) * rate_ambience(shot.seen))
    order = np.argsort(-np.sum(ratings, axis=0))
    return [tag_names()[int(n)] for n in order]


def best_constant(true: Sequence[set[str]], n: int) -> float:
    """Score the n classes that fit most clips, whatever is seen."""
    left, score = list(true), 0
    for _ in range(n):
        names = [name for fits in left for name in fits]
        best = max(set(names), key=names.count) if names else ""
        score += sum(best in fits for fits in left)
        left = [fits for fits in left if best not in fits]
    return score / len(true)


# Cuts ---------------------------------------------------------------------------------------------


def evaluate_cuts(data: Path) -> tuple[list[Table], Metrics]:
    """Score cuts of a film that is joined of the first moments of all clips."""
    with unpack_clips(data) as clips:
        counts = count_cuts(clips)
    figures: Metrics = {"cuts_f": counts.f, "n_cuts": counts.true}
    rows = (("joined clips", counts.true, counts.precision, counts.recall, counts.f),)
    return [Table("Cuts", ("film", "cuts", "precision", "recall", "F"), rows)], figures


def count_cuts(clips: Sequence[CheckedClip]) -> OnsetCounts:
    """Count the cuts that are found where one clip follows the other."""
    finder, end = CutFinder(), 0.0
    true, found = [], []
    before = 0.0
    for clip in clips:
        true.append(end)
        for frame in clip.film.frames():
            if frame.time > LONGEST_SHOT:
                break
            if finder.push(reduce_frame(frame.pixels)):
                found.append(before)
            before = end + float(frame.time)
        end = before + float(1 / clip.film.fps)
    return count_matches(found, true[1:])
