"""What is measured of lip synchronization, and beside what.

    neuropil bench lipsync --data DIR

Clips and persons that no training saw; `evaluation.py` and `film_evaluation.py` have the
definitions. What is said of films is of the test clips with pictures, with the points of the data;
what is said of the finder and the landmarks is of other persons.
"""

import time
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neuropil.apps.lipsync.adaptation import learn_mapping
from neuropil.apps.lipsync.app import Lipsync
from neuropil.apps.lipsync.hearing import STEPS_PER_SECOND, normalize_bands, step_times
from neuropil.apps.lipsync.lab import baselines, evaluation, film_evaluation
from neuropil.apps.lipsync.lab.data import (
    FPS,
    OtherFilm,
    Speaker,
    read_clips,
    read_others,
)
from neuropil.apps.lipsync.lab.face_bench import bench_finder, bench_landmarks
from neuropil.apps.lipsync.lab.film_evaluation import PictureScores, ShownClip
from neuropil.apps.lipsync.lab.judge_training import at_steps as at_judge_steps
from neuropil.apps.lipsync.lab.judge_training import measure_opening
from neuropil.apps.lipsync.lab.sounds import (
    CLIP_SECONDS,
    read_clip_columns,
    read_clip_samples,
    read_sentences,
    read_texts,
)
from neuropil.apps.lipsync.lab.speech_training import r_squared
from neuropil.apps.lipsync.lab.voices import OTHER, speak
from neuropil.apps.lipsync.lab.wav2lip_shape import time_frames
from neuropil.apps.lipsync.landmarks import find_points
from neuropil.apps.lipsync.networks import SPEECH, SPEECH_UNSEEN
from neuropil.apps.lipsync.phones import CUES
from neuropil.apps.lipsync.preprocess import Pixels, map_of_points
from neuropil.apps.lipsync.shapes import MouthBasis, Numbers
from neuropil.apps.lipsync.speech import SpeechReading, read_heard
from neuropil.apps.lipsync.survey import at_steps, judge_film, measure_mouths
from neuropil.apps.lipsync.sync import SyncScore, correlate, is_known
from neuropil.apps.lipsync.tracking import smooth
from neuropil.kit.audio.audio import Audio
from neuropil.kit.errors import UserError
from neuropil.kit.media.film import Film
from neuropil.kit.media.film_writer import write_film
from neuropil.kit.media.frame import Frame
from neuropil.kit.progress import track
from neuropil.kit.report import Metrics, Report, Table

LEARNED = 100  # clips that a mapping is learned from, of a voice that the network has never heard
LIBRARY_CLIPS = 60  # clips whose mouths are at hand for the test clips
SHIFTS = (-10, -7, -4, -2, -1, 1, 2, 4, 7, 10)  # frames by which the sound is moved
FRAME_MS = 1000 / FPS
STEPS_OF_CLIP = round(CLIP_SECONDS * STEPS_PER_SECOND)
LEARN_SECONDS = 60  # of film that `lipsync-learn` is timed on
NAMES = ("opening", "width", "shape1", "shape2")


def measure(data: Path | None) -> Report:
    """Measure all that the card tells."""
    if data is None:
        raise UserError("data.missing", "lipsync is measured on its data; name them by --data DIR")
    app, speaker = Lipsync(), Speaker.read(data)
    parts = [
        bench_speech(app, speaker),
        bench_cues(app, data),
        bench_others(app, data),
        bench_judge(app, speaker),
        bench_landmarks(app, data),
        bench_finder(app, data),
        bench_films(app, speaker, data),
        bench_speed(app, data),
    ]
    figures: Metrics = {
        "weights_mb": sum(f.path.stat().st_size for f in app.networks.values()) / 1e6
    }
    for _, found in parts:
        figures |= found
    return Report(tuple(table for table, _ in parts), figures)


# --- from sound to shape -------------------------------------------------------------------------


def bench_speech(app: Lipsync, speaker: Speaker) -> tuple[Table, Metrics]:
    """Compare what the speech network says of the test clips with what two others say."""
    train, test = speaker.clips("train"), speaker.clips("test")
    known = {
        part: measure_all(speaker, clips) for part, clips in (("train", train), ("test", test))
    }
    columns = {
        part: read_clip_columns(speaker, clips)
        for part, clips in (("train", train[::4]), ("test", test))
    }
    read = partial(read_heard, app.network(SPEECH))
    said = {part: to_frames([read(normalize_bands(c)) for c in columns[part]]) for part in columns}
    ours = r_squared(known["test"], said["test"])[: len(NAMES)]
    ridge, lstm = fit_baselines(speaker, train, test, known)
    words = {
        "train": [speaker.words(n) for n in train[::4]],
        "test": [speaker.words(n) for n in test],
    }
    threshold = evaluation.choose_threshold(
        known["train"][::4, :, 0], said["train"][..., 0], words["train"]
    )
    closures = evaluation.count_closures(
        known["test"][..., 0], said["test"][..., 0], words["test"], threshold
    )
    rows = tuple(
        (name, float(r), float(small), float(mine))
        for name, r, small, mine in zip(NAMES, ridge, lstm, ours, strict=True)
    )
    figures: Metrics = {f"{name}_r2": row[3] for name, row in zip(NAMES, rows, strict=True)}
    figures |= {f"{name}_r2_ridge": row[1] for name, row in zip(NAMES, rows, strict=True)}
    figures |= {f"{name}_r2_lstm": row[2] for name, row in zip(NAMES, rows, strict=True)}
    figures |= {
        "closures_found": closures.found_share,
        "closures_false": closures.false_share,
        "n_test_clips": len(test),
    }
    if SPEECH_UNSEEN in app.networks:
        figures["opening_r2_learned"] = measure_learned(app, speaker, known["test"])
    title = f"R² on {len(test)} clips; all learned from the same {len(train)} clips"
    return Table(title, ("what", "ridge", "LSTM of 69,340", "neuropil"), rows), figures


def measure_all(speaker: Speaker, clips: NDArray[np.intp]) -> Numbers:
    """Measure the mouths of clips: (N, 75, 10)."""
    basis = MouthBasis.load()
    return np.stack([basis.measure(speaker.points[n].astype(np.float64)) for n in clips])


def to_frames(readings: Sequence[SpeechReading]) -> Numbers:
    """Take what was said at steps to frames of 40 ms: (N, 75, 10)."""
    times = (np.arange(round(CLIP_SECONDS * FPS)) + 0.5) / FPS
    return np.stack([reading.at(times) for reading in readings])


def fit_baselines(
    speaker: Speaker,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    known: dict[str, Numbers],
) -> tuple[Numbers, Numbers]:
    """Train ridge regression and the small LSTM anew, and measure their R²."""
    found = []
    sounds = {"train": read_clip_samples(speaker, train), "test": read_clip_samples(speaker, test)}
    for halves in (1, baselines.HALVES):
        bands = {
            part: np.stack([baselines.frame_bands(x, 75, FPS, halves) for x in some])
            for part, some in sounds.items()
        }
        mean, spread = bands["train"].mean((0, 1)), bands["train"].std((0, 1))
        a, b = (((bands[p] - mean) / spread).astype(np.float32) for p in ("train", "test"))
        mouths = known["train"][..., : len(NAMES)]
        if halves == 1:
            made = baselines.fit_ridge(a, mouths)(baselines.stack_frames(b))
        else:
            made = baselines.train_small(a, mouths)(b)
        found.append(r_squared(known["test"][..., : len(NAMES)], made))
    return found[0], found[1]


def measure_learned(app: Lipsync, speaker: Speaker, known: Numbers) -> float:
    """Learn 100 clips of the speaker by a network that never heard him: R² of the opening."""
    read = partial(read_heard, app.network(SPEECH_UNSEEN))
    clips = speaker.clips("train")[:LEARNED]
    readings = [read(normalize_bands(c)) for c in read_clip_columns(speaker, clips)]
    times = [(np.arange(75) + 0.5) / FPS] * len(clips)
    mapping = learn_mapping(readings, times, list(measure_all(speaker, clips)))
    columns = read_clip_columns(speaker, speaker.clips("test"))
    made = []
    for each in columns:
        reading = read(normalize_bands(each))
        made.append(evaluation.at_frames(mapping.apply(reading), times[0]))
    return float(r_squared(known, np.stack(made))[0])


def bench_cues(app: Lipsync, data: Path) -> tuple[Table, Metrics]:
    """Measure the cues of held-out sentences: of the reader, and of a voice that taught nothing."""
    texts = read_texts(data, "test")
    spoken = {"": read_sentences(data, "test"), "_other_voice": speak(texts, [OTHER])}
    rows: list[tuple[str, int, float, float, float]] = []
    figures: Metrics = {}
    for name, sentences in spoken.items():
        if sentences:
            heard = [normalize_bands(s.columns) for s in sentences]
            phones = [read_heard(app.network(SPEECH), each).phones for each in heard]
            accuracy, of_cues = evaluation.measure_visemes(sentences, phones)
            pairs = zip(phones, sentences, strict=True)
            right = float(np.mean([(p.argmax(1) == s.phones).mean() for p, s in pairs]))
            closed = float(of_cues[CUES.index("A")])
            figures |= {f"viseme_accuracy{name}": accuracy, f"viseme_closed{name}": closed}
            figures[f"phone_accuracy{name}"] = right
            rows.append((name or "the reader", len(sentences), accuracy, closed, right))
    columns = ("who speaks", "sentences", "cues", "closed lips", "phones")
    return Table("Share of right steps of 20 ms", columns, tuple(rows)), figures


# --- other people --------------------------------------------------------------------------------


def bench_others(app: Lipsync, data: Path) -> tuple[Table, Metrics]:
    """Correlate what speech asks for with what is seen of people who were never seen before."""
    rows: list[tuple[str, float, int, str, float]] = []
    with TemporaryDirectory() as folder:
        for other in read_others(data):
            path = Path(folder, f"{other.name}.mp4")
            path.write_bytes(other.film)
            rows.append(score_other(app, other, Audio.open(path)))
    readers = [row for row in rows if row[0].startswith("grid")]
    free = [row for row in rows if row[0].startswith("talk")]
    figures: Metrics = {
        "opening_correlation_unseen": float(np.median([row[1] for row in readers])),
        "readers_within_a_frame": sum(abs(row[2]) <= 1 for row in readers),
        "judge_readers_right": sum(
            row[3] not in ("not sure",) and abs(float(row[3])) <= 40 for row in readers
        ),
        "judge_free_not_sure": sum(row[3] == "not sure" for row in free),
        "n_readers": len(readers),
    }
    columns = ("film", "correlation", "best lag, frames", "judge: sound late by, ms", "confidence")
    return Table("Films of other people", columns, tuple(rows)), figures


def score_other(app: Lipsync, other: OtherFilm, sound: Audio) -> tuple[str, float, int, str, float]:
    """Score a film: correlation of openings, the lag of the best, what the judge says."""
    times = (np.arange(len(other.points), dtype=np.float64) + 0.5) / other.fps
    known = is_known(other.points.reshape(len(times), -1))
    seen = np.full((len(known), 2), np.nan)
    seen[known] = measure_mouths(other.points[known])[:, :2]
    said = app.read(sound).at(times)[:, 0]
    correlation = correlate(seen[known, 0], said[known])
    score = judge_film(app.judge, sound, seen, times)
    told = "not sure" if score.offset_ms is None else f"{score.offset_ms:.0f}"
    return other.name, correlation, evaluation.best_lag(seen[:, 0], said), told, score.confidence


def bench_judge(app: Lipsync, speaker: Speaker) -> tuple[Table, Metrics]:
    """Move the sound of test clips, and let the judge find by how much.

    Lips and sound of some clips are up to 70 ms apart as they are: the speech network, which
    learned from other clips than the judge, puts them at the same places. So a shift is also
    compared with what the judge says of the clip as it is.
    """
    clips = speaker.clips("test")
    columns = read_clip_columns(speaker, clips)
    seen = [at_judge_steps(measure_opening(speaker, n), step_times(STEPS_OF_CLIP)) for n in clips]
    found: dict[int, list[float | None]] = {}
    for shift in (0, *SHIFTS):
        moved = [normalize_bands(evaluation.shift_columns(each, shift)) for each in columns]
        pairs = zip(moved, seen, strict=True)
        found[shift] = [app.judge.measure(heard, mouth).offset_ms for heard, mouth in pairs]
    at_once = [0.0] * len(clips)
    rows = tuple(
        (shift, *(share_found(found[shift], shift, before) for before in (at_once, found[0])))
        for shift in SHIFTS
    )
    figures: Metrics = {
        "judge_shift_found_absolute": float(np.mean([row[1] for row in rows])),
        "judge_shift_found": float(np.mean([row[2] for row in rows])),
    }
    title = f"Shifts found within a frame, of {len(clips)} clips each"
    return Table(title, ("frames", "share", "beside the clip as it is"), rows), figures


def share_found(told: Sequence[float | None], shift: int, before: Sequence[float | None]) -> float:
    """Give the share of clips that are told to come so many frames later than before, within one.

    told, before: offsets in ms, None where that is not sure
    """
    pairs = zip(told, before, strict=True)
    right = [
        a is not None and b is not None and abs(a - b - shift * FRAME_MS) <= FRAME_MS
        for a, b in pairs
    ]
    return float(np.mean(right))


# --- films ---------------------------------------------------------------------------------------


def bench_films(app: Lipsync, speaker: Speaker, data: Path) -> tuple[Table, Metrics]:
    """Set mouths into the test clips with pictures: by the true shape, by what speech asks for."""
    library, shelf = film_evaluation.build_library(show(speaker, data, "train", LIBRARY_CLIPS))
    scores: dict[str, list[PictureScores]] = {}
    syncs: list[SyncScore] = []
    rest: list[tuple[float, float]] = []
    clips = show(speaker, data, "test", 1000)
    for clip in track(clips, total=len(clips), title="films"):
        number = speaker.ids.index(clip.film.name)
        (columns,) = read_clip_columns(speaker, np.array([number]))
        reading = read_heard(app.network(SPEECH), normalize_bands(columns))
        times = (np.arange(len(clip.points)) + 0.5) / FPS
        true = film_evaluation.ask_for(clip, measure_mouths(clip.points))
        asked = film_evaluation.ask_for(clip, reading.at(times))
        chosen = {
            "true shape": film_evaluation.choose_with_continuity(true, shelf),
            "predicted": film_evaluation.choose_with_continuity(asked, shelf),
            "nearest": film_evaluation.choose_nearest(asked, shelf),
        }
        made = {how: film_evaluation.dub_clip(clip, library, m) for how, m in chosen.items()}
        made["average"] = film_evaluation.average_mouths(clip, library, asked, shelf)
        for how, pictures in made.items():
            scores.setdefault(how, []).append(film_evaluation.compare_mouths(clip, pictures))
        points = find_again(app, clip, made["predicted"])
        silent = evaluation.silent_frames(speaker.words(number), len(points))
        own = find_again(app, clip, clip.film.frames)
        motions = [evaluation.mouth_motion(p, silent) for p in (points, own)]
        rest.append((float(np.median(motions[0])), float(np.median(motions[1]))))
        seen = measure_mouths(points)[:, :2]
        heard = normalize_bands(columns)
        syncs.append(app.judge.measure(heard, at_steps(seen, times[: len(seen)], len(heard))))
    return word_films(scores, syncs, rest)


def show(speaker: Speaker, data: Path, part: str, most: int) -> list[ShownClip]:
    """Read clips with pictures, their points smoothed as those of films are; none with a cast."""
    names = {speaker.ids[n]: n for n in speaker.clips(part)}  # type: ignore[arg-type]
    shown: list[ShownClip] = []
    for film in read_clips(data, names.keys()):
        points = speaker.points[names[film.name]].astype(np.float64) - film.corner
        clip = ShownClip(film, smooth(points))
        if not clip.has_cast:
            shown.append(clip)
        if len(shown) >= most:
            break
    return shown


def find_again(app: Lipsync, clip: ShownClip, pictures: Sequence[Pixels]) -> Numbers:
    """Find the points of a face in finished pictures: (F, 68, 2)."""
    pairs = zip(pictures, clip.points, strict=False)
    return smooth(
        np.stack([find_points(p, map_of_points(at), app.run_points)[0] for p, at in pairs])
    )


def word_films(
    scores: dict[str, list[PictureScores]],
    syncs: Sequence[SyncScore],
    rest: Sequence[tuple[float, float]],
) -> tuple[Table, Metrics]:
    """Bring what was measured of films into a table and figures."""
    means = {
        how: [
            float(np.mean([getattr(s, part) for s in each]))
            for part in ("psnr", "sharpness", "seam", "flicker")
        ]
        for how, each in scores.items()
    }
    sure = [s.offset_ms for s in syncs if s.offset_ms is not None]
    made, own = np.nanmedian(np.array(rest), axis=0)
    figures: Metrics = {
        "mouth_psnr_true_shape": means["true shape"][0],
        "mouth_psnr": means["predicted"][0],
        "mouth_psnr_nearest": means["nearest"][0],
        "mouth_psnr_average": means["average"][0],
        "sharpness_share": means["predicted"][1],
        "sharpness_true_shape": means["true shape"][1],
        "sharpness_average": means["average"][1],
        "seam_ratio": means["predicted"][2],
        "flicker": means["predicted"][3],
        "flicker_true_shape": means["true shape"][3],
        "flicker_nearest": means["nearest"][3],
        "rest_motion": float(made),
        "rest_motion_original": float(own),
        "sync_offset_ms": float(np.median(sure)) if sure else 0.0,
        "sync_within_40_ms": sum(abs(o) <= 40 for o in sure) / max(1, len(syncs)),
        "sync_correlation": float(np.median([s.correlation for s in syncs])),
        "n_films": len(syncs),
    }
    rows = tuple((how, *each) for how, each in means.items())
    columns = ("mouths by", "dB", "sharpness", "seam", "flicker")
    return Table(f"{len(syncs)} test clips, beside the true ones", columns, rows), figures


# --- speed ---------------------------------------------------------------------------------------


def bench_speed(app: Lipsync, data: Path) -> tuple[Table, Metrics]:
    """Time a dub of 640 × 360 pixels on two cores, and learning from a minute of film."""
    other = next(film for film in read_others(data) if film.name.startswith("grid"))
    with TemporaryDirectory() as folder:
        source = Path(folder, "source.mp4")
        source.write_bytes(other.film)
        wide = enlarge(source, Path(folder, "wide.mp4"))
        film, speech = Film.open(wide), Audio.open(source)
        fast = Lipsync(threads=2)
        started = time.monotonic()
        made = fast(film, speech)
        made.film.save(Path(folder, "new.mp4"))
        seconds = time.monotonic() - started
        learning = time_learning(app, film, Audio(np.tile(speech.samples, (4, 1)), speech.rate))
    per_second, peers = made.frames / seconds, 1 / time_frames(threads=2)
    figures: Metrics = {
        "frames_per_second": per_second,
        "frames_per_second_wav2lip_shape": peers,
        "speed_vs_wav2lip": per_second / peers,
        "learn_seconds": learning,
    }
    rows = (
        ("frames of 640 × 360 dubbed a second, two cores", per_second),
        ("crops a second by the shape of Wav2Lip, its network alone", peers),
        (f"seconds to learn from {LEARN_SECONDS} s of film", learning),
    )
    return Table("Speed", ("what", ""), rows), figures


def enlarge(source: Path, target: Path, repeats: int = 4) -> Path:
    """Write a film four times forth and back, of 640 × 360 pixels."""
    frames = [frame.pixels for frame in Film.open(source).frames()]
    order = [*frames, *frames[::-1]] * (repeats // 2)

    def show_wide() -> "list[Frame]":
        made = []
        for number, pixels in enumerate(order):
            wide = Image.new("RGB", (640, 360))
            wide.paste(Image.fromarray(pixels).resize((450, 360)), (95, 0))
            made.append(Frame(np.asarray(wide), Fraction(number, FPS)))
        return made

    write_film(target, show_wide(), fps=Fraction(FPS))
    return target


def time_learning(app: Lipsync, film: Film, speech: Audio) -> float:
    """Time what `lipsync-learn` does, and tell it for a minute of film."""
    started = time.monotonic()
    app.learn_from(film, speech)
    return (time.monotonic() - started) * LEARN_SECONDS / film.seconds
