"""What is measured of foley, and beside what.

    neuropil bench foley                speed, memory, search, sizes
    neuropil bench foley --data DIR     and how often it is right, on data that it never saw

Beside onsets stand peaks of the slowing of motion (threshold left-one-clip-out) and chance; beside
scenes the class means of the data's README; beside classes of sounds the most frequent ones. The
folds of ESC-50 are trained apart, by the stage `folds`, whose record is read.
"""

import json
import multiprocessing.connection
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import numpy as np

from neuropil.apps.foley.app import DEFAULT_LIBRARY, Foley, SoundFilm
from neuropil.apps.foley.indexing import SoundFolder
from neuropil.apps.foley.lab import clip_evaluation
from neuropil.apps.foley.lab.library_packing import measure_seam
from neuropil.apps.foley.lab.pictures import SEEN_BY_THE_EYE, read_pictures
from neuropil.apps.foley.lab.recordings import read_files, read_table
from neuropil.apps.foley.networks import EYE, SCENE
from neuropil.apps.foley.scene import SceneWatcher, scene_names
from neuropil.apps.foley.search import Query, SearchIndex
from neuropil.apps.foley.sound_library import SoundLibrary
from neuropil.apps.foley.tagger import EMBEDDING, tag_names
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.loudness import Loudness, measure_loudness
from neuropil.kit.media.film import Film
from neuropil.kit.media.film_writer import write_film
from neuropil.kit.media.frame import Frame
from neuropil.kit.progress import track
from neuropil.kit.report import Metrics, Report, Table, median_seconds

FOLDS = Path(__file__).with_name("folds.json")
MANY = 100_000  # recordings that are searched
SEARCHES = 20
SIZE, SECONDS, FPS = (640, 360), 20, 25  # of the film whose time is taken
SMALL, SLOW = (160, 90), 12  # of the films whose memory is taken: size, frames a second
MINUTES = (1, 60)
INDEXED = 200  # recordings by which indexing is timed
LOUD = 8  # films whose loudness is measured
MEANS = (("test", (0.107, 0.205)), ("unseen", (0.059, 0.184)))  # of the README of the data
PEERS = (  # as published; none runs on this machine
    ("MMAudio (157 M parameters)", "1.23 s for a clip of 8 s on a GPU; weights CC BY-NC"),
    ("FoleyCrafter", "12 min for a clip on 8 GB of GPU memory (its issue 9)"),
    ("HunyuanVideo-Foley", "clips under 10 s on 8 GB of GPU memory"),
)


def measure(data: Path | None) -> Report:
    """Measure speed, memory and sizes and, where there is data, quality."""
    app = Foley()
    library = SoundLibrary.open(DEFAULT_LIBRARY)
    parts = [measure_search(), measure_seams(library), measure_speed(app)]
    parts += [measure_memory(), measure_sizes(app)]
    if data is not None:
        parts += [
            clip_evaluation.evaluate_onsets(app, data),
            clip_evaluation.evaluate_classes(app, data),
            clip_evaluation.evaluate_cuts(data),
            evaluate_scenes(app, data),
            evaluate_loudness(app, data),
            measure_indexing(app, data),
            read_folds(),
        ]
    tables = [table for some, _ in parts for table in some]
    figures = {key: value for _, some in parts for key, value in some.items()}
    return Report((*tables, Table("Others, as published", ("what", "figure"), PEERS)), figures)


# Speed, memory, sizes -----------------------------------------------------------------------------


def measure_search() -> tuple[list[Table], Metrics]:
    """Time the search of the nearest among many made-up recordings."""
    rng = np.random.default_rng(0)
    classes = np.sort(rng.integers(0, len(tag_names()), MANY))
    starts = np.flatnonzero(np.diff(classes, prepend=-1))
    strengths, dullness, typical = rng.random((3, MANY))
    index = SearchIndex(np.arange(MANY), classes, strengths, dullness, typical, starts)
    query = Query(rng.dirichlet(np.ones(len(tag_names()))), 0.5, 0.5, {3: 1.0})
    took = 1000 * median_seconds(lambda: index.search(query, 4), SEARCHES)
    rows = ((f"{MANY} recordings, {EMBEDDING} numbers each", took),)
    return [Table("Search", ("library", "ms"), rows)], {"search_ms_100k": took}


def measure_seams(library: SoundLibrary) -> tuple[list[Table], Metrics]:
    """Measure the seams of the recordings that are played as loops, as they are."""
    ratios = []
    for recording in (each for each in library.recordings if each.is_loop):
        ratios.append((measure_seam(recording.read()), recording.file))
    worst, file = max(ratios)
    rows = (("the worst", worst, file), ("over 1", sum(ratio > 1 for ratio, _ in ratios), ""))
    figures: Metrics = {"loop_seam_worst": float(worst), "n_loops": len(ratios)}
    return [Table("Seams of loops", ("what", "ratio or number", "recording"), rows)], figures


def measure_speed(app: Foley) -> tuple[list[Table], Metrics]:
    """Time a film from its file to a file with its sound."""
    with TemporaryDirectory() as folder:
        path = make_film(Path(folder, "film.mp4"), SIZE, SECONDS, FPS)
        started = time.perf_counter()
        app(Film.open(path)).film.save(Path(folder, "new.mp4"))
        took = time.perf_counter() - started
    rows = ((f"{SIZE[0]} × {SIZE[1]}, {SECONDS} s", took / SECONDS, SECONDS / took),)
    columns = ("film", "seconds a second of film", "times real time")
    return [Table("Speed", columns, rows)], {"speed_x_realtime": SECONDS / took}


def make_film(path: Path, size: tuple[int, int], seconds: float, fps: int) -> Path:
    """Make a film of a texture over which a square goes, with a cut every ten seconds."""

    def frames() -> Iterator[Frame]:
        rng = np.random.default_rng(0)
        width, height = size
        for n in range(round(seconds * fps)):
            if n % (10 * fps) == 0:
                ground = rng.integers(30, 220, (height // 10, width // 10, 3), dtype=np.uint8)
                scene = np.kron(ground, np.ones((10, 10, 1), np.uint8))
            pixels = scene.copy()
            left = round(abs(np.sin(n / fps * 3)) * (width - height // 4))
            pixels[height // 3 : height // 2, left : left + height // 4] = 255
            yield Frame(pixels, Fraction(n, fps))

    write_film(path, frames(), fps=Fraction(fps))
    return path


def measure_memory() -> tuple[list[Table], Metrics]:
    """Measure the most memory that a short and a long film take, each in a process of its own."""
    rows, figures = [], Metrics()
    context = multiprocessing.get_context("spawn")
    with TemporaryDirectory() as folder:
        for minutes in MINUTES:
            path = make_film(Path(folder, f"{minutes}.mp4"), SMALL, 60 * minutes, SLOW)
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=run_apart, args=(path, sender))
            process.start()
            taken = float(receiver.recv())
            process.join()
            rows.append((f"{minutes} minutes of {SMALL[0]} × {SMALL[1]}", taken))
            figures[f"memory_mb_{minutes}min"] = taken
    return [Table("Memory", ("film", "MB at most"), tuple(rows))], figures


def run_apart(path: Path, sender: "multiprocessing.connection.Connection[float, float]") -> None:
    """Give a film its sound, and send how much memory that took, in MB."""
    Foley()(Film.open(path)).film.save(path.with_name("new.mp4"))
    sender.send(read_peak_memory())


def read_peak_memory() -> float:
    """Read the most memory that this process has taken since its program began, in MB; of Linux.

    What getrusage says counts that of the process which began it, too.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(peak) * 1024 / 1e6


def measure_sizes(app: Foley) -> tuple[list[Table], Metrics]:
    """Measure the files that ship; the eye is another part's."""
    own = {role: file for role, file in app.networks.items() if role != EYE}
    sizes = {role: file.path.stat().st_size / 1e6 for role, file in own.items()}
    library = DEFAULT_LIBRARY.stat().st_size / 1e6
    rows = (*sizes.items(), ("library", library))
    figures: Metrics = {"weights_mb": sum(sizes.values()), "library_mb": library}
    return [Table("Files", ("what", "MB"), rows)], figures


# Quality ------------------------------------------------------------------------------------------


def evaluate_scenes(app: Foley, data: Path) -> tuple[list[Table], Metrics]:
    """Score names of pictures at one look: of held-out ones, and of sources never seen."""
    rows, pixels = read_pictures(data)
    split, source = (np.array([row[key] for row in rows]) for key in ("split", "source"))
    unseen = (split == "unseen_source") & (source != SEEN_BY_THE_EYE)
    names = scene_names()
    found, figures = list[tuple[object, ...]](), Metrics()
    for title, chosen in (("test", split == "test"), ("unseen", unseen)):
        numbers = np.flatnonzero(chosen).tolist()
        ranks = []
        for n in track(numbers, total=len(numbers), title=f"scenes, {title}"):
            watcher = SceneWatcher(app.network(EYE), app.network(SCENE))
            watcher.look(pixels[n])
            order = np.argsort(-watcher.seen.scene)
            ranks.append([names[int(k)] for k in order].index(rows[n]["class"]))
        top1, top3 = (float(np.mean(np.array(ranks) < k)) for k in (1, 3))
        found.append((title, len(numbers), top1, top3))
        ending = "" if title == "unseen" else "_test"
        figures |= {f"scene_top1{ending}": top1, f"scene_top3{ending}": top3}
    found += [(f"class means, {title}, as the data say", "", *means) for title, means in MEANS]
    columns = ("source", "pictures", "top-1", "top-3")
    return [Table("Scenes and objects", columns, tuple(found))], figures


def measure_indexing(app: Foley, data: Path) -> tuple[list[Table], Metrics]:
    """Time the indexing of recordings, and say what a thousand would take."""
    names = [row["file"] for row in read_table(data, "library.csv")][:INDEXED]
    with TemporaryDirectory() as folder:
        for name, content in read_files(data / "library.zip", names).items():
            place = Path(folder, name)
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(content)
        started = time.perf_counter()
        app.index(SoundFolder.open(folder)).library.save(Path(folder, "made.library"))
        took = (time.perf_counter() - started) * 1000 / len(names)
    rows = ((f"1,000 recordings, by {len(names)}", took),)
    return [Table("Indexing", ("what", "seconds"), rows)], {"index_seconds_1000": took}


def evaluate_loudness(app: Foley, data: Path) -> tuple[list[Table], Metrics]:
    """Measure how far from -23 LUFS the sound of silent films is, and its highest peak."""
    rows = []
    for row in read_table(data / "silent", "silent.csv")[:LOUD]:
        made = app(Film.open(data / "silent" / row["file"]))
        found = measure_written(made.film)
        rows.append((row["title"], made.events, found.integrated, found.true_peak))
    errors = [abs(float(loudness) + 23) for _, _, loudness, _ in rows]
    peaks = [float(peak) for *_, peak in rows]
    figures: Metrics = {"lufs_error": max(errors), "lufs_error_mean": mean(errors)}
    figures["true_peak_dbtp"] = max(peaks)
    columns = ("film", "events", "LUFS", "dBTP")
    return [Table("Loudness of silent films", columns, tuple(rows))], figures


def measure_written(film: SoundFilm) -> Loudness:
    """Measure the sound of a film as it is in its file, encoded and decoded."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        film.save(path)
        return measure_loudness(Audio.open(path))


def read_folds() -> tuple[list[Table], Metrics]:
    """Read what the stage `folds` has measured, where it was run."""
    if not FOLDS.is_file():
        return [], {}
    figures: Metrics = json.loads(FOLDS.read_text(encoding="utf-8"))
    columns = ("what", "share right")
    return [Table("ESC-50, by its five folds", columns, tuple(figures.items()))], figures
