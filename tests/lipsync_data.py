"""A folder of data as the recipes of lipsync read it, of a few made-up faces and sounds."""

import csv
import io
import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from neuropil.kit.audio.audio import Audio
from neuropil.kit.media.film_writer import write_film
from neuropil.kit.media.frame import Frame

RATE = 16_000
N_CLIPS = 20
PHONES = ("_", "p", "A", "_")
Points = NDArray[np.float64]


def face_points(
    opening: float = 0.0, eyes: float = 40.0, center: tuple[float, float] = (80.0, 70.0)
) -> Points:
    """Place the 68 points of a plain face, its eyes so many pixels apart."""
    points = np.zeros((68, 2))
    angle = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([1.1 * np.cos(angle), 1.5 * np.sin(angle)], axis=1)
    points[17:27] = np.stack([np.linspace(-0.9, 0.9, 10), np.full(10, -0.35)], axis=1)
    points[27:31] = np.stack([np.zeros(4), np.linspace(0, 0.5, 4)], axis=1)
    points[31:36] = np.stack([np.linspace(-0.2, 0.2, 5), np.full(5, 0.6)], axis=1)
    for start, x in ((36, -0.5), (42, 0.5)):
        turn = np.linspace(np.pi, -np.pi, 6, endpoint=False)
        points[start : start + 6] = np.stack([x + 0.2 * np.cos(turn), -0.08 * np.sin(turn)], 1)
    turn = np.linspace(np.pi, -np.pi, 12, endpoint=False)
    points[48:60] = np.stack([0.42 * np.cos(turn), 0.95 - (0.12 + opening / 2) * np.sin(turn)], 1)
    turn = np.linspace(np.pi, -np.pi, 8, endpoint=False)
    points[60:68] = np.stack([0.36 * np.cos(turn), 0.95 - opening / 2 * np.sin(turn)], 1)
    placed: Points = points * eyes + np.array(center)
    return placed


def draw_face(
    points: Points, size: tuple[int, int], color: tuple[int, int, int] = (200, 150, 120)
) -> NDArray[np.uint8]:
    """Draw a face where its points lie: (H, W, 3)."""
    image = Image.new("RGB", size, (60, 90, 60))
    canvas = ImageDraw.Draw(image)

    def polygon(some: Points, fill: tuple[int, int, int]) -> None:
        canvas.polygon([(float(x), float(y)) for x, y in some], fill=fill)

    top = points[[16, 0]] - [0, np.ptp(points[:, 1]) * 0.3]
    polygon(np.concatenate([points[:17], top]), color)
    for part in (slice(36, 42), slice(42, 48)):
        polygon(points[part], (250, 250, 250))
    polygon(points[48:60], (160, 60, 70))
    polygon(points[60:68], (30, 5, 5))
    canvas.line([(float(x), float(y)) for x, y in points[27:31]], fill=(120, 80, 60), width=2)
    return np.asarray(image)


def speak(openings: NDArray[np.float64], fps: float = 25.0) -> NDArray[np.float32]:
    """Make a buzz that is as loud as the mouth is open, of 16 kHz."""
    n = round(len(openings) / fps * RATE)
    times = np.arange(n) / RATE
    loud = np.interp(times, (np.arange(len(openings)) + 0.5) / fps, openings)
    tone = np.sign(np.sin(2 * np.pi * 140 * times)) + 0.3 * np.sin(2 * np.pi * 900 * times)
    sound = 0.4 * loud / max(loud.max(), 1e-6) * tone
    return np.asarray(sound, np.float32)


def open_and_close(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Let a mouth open and close at random, closed at both ends."""
    marks = np.concatenate([[0], rng.uniform(0, 0.25, max(1, n // 4)), [0]])
    openings = np.interp(np.arange(n), np.linspace(0, n - 1, len(marks)), marks)
    return np.asarray(openings, np.float64)


@cache
def opus_of(seed: int, n_frames: int) -> bytes:
    """Encode the sound of a random mouth."""
    openings = open_and_close(n_frames, np.random.default_rng(seed))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.opus")
        Audio(speak(openings)[:, None], RATE).save(path)
        return path.read_bytes()


def zigzag(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(values >= 0, 2 * values, -2 * values - 1)


def write_lipsync_data(folder: Path) -> Path:
    """Write all files of the data, as small as can be, and return the folder."""
    write_speaker(folder)
    write_faces(folder)
    write_finder(folder)
    write_phones(folder)
    return folder


def write_speaker(folder: Path) -> None:
    points = np.stack(
        [
            [face_points(opening) for opening in open_and_close(75, np.random.default_rng(n))]
            for n in range(N_CLIPS)
        ]
    )
    q = np.full(68, 16)
    whole = np.round(points * q[:, None]).astype(np.int64)
    steps = np.diff(whole, axis=1)
    changes = np.diff(steps, axis=2, prepend=0)
    packed = zigzag(changes)
    sounds = [opus_of(n, 75) for n in range(N_CLIPS)]
    np.savez(
        folder / "grid_s1.npz",
        id=np.array([f"clip{n}" for n in range(N_CLIPS)]),
        split=np.array(["test" if n % 10 == 9 else "train" for n in range(N_CLIPS)]),
        judge_half=np.array([n % 2 for n in range(N_CLIPS)]),
        lm_first=whole[:, 0].astype(np.int16),
        lm_lo=(packed & 255).astype(np.uint8),
        lm_hi=(packed >> 8).astype(np.uint8),
        lm_q=q,
        opus=np.frombuffer(b"".join(sounds), np.uint8),
        opus_offsets=np.cumsum([0, *map(len, sounds)]),
        word=np.array(["sil", "bin", "sil"] * N_CLIPS),
        word_span_s=np.array([[0, 0.5], [0.5, 2.5], [2.5, 3]] * N_CLIPS),
        word_offsets=np.arange(N_CLIPS + 1) * 3,
    )
    write_clips(folder, points)


def write_clips(folder: Path, points: NDArray[np.float64]) -> None:
    """Write films of two clips that are no judge's, and a test clip."""
    rows = io.StringIO()
    table = csv.writer(rows)
    table.writerow(["id", "x0", "y0", "w", "h"])
    with ZipFile(folder / "grid_s1_faces.zip", "w") as archive:
        for n in (0, 2, 9):
            path = folder / "clip.mp4"
            frames = (
                Frame(draw_face(p, (160, 160)), Fraction(k, 25)) for k, p in enumerate(points[n])
            )
            write_film(path, frames, fps=Fraction(25))
            archive.write(path, f"clip{n}.mp4")
            path.unlink()
            table.writerow([f"clip{n}", 0, 0, 160, 160])
        archive.writestr("crops.csv", rows.getvalue())


def write_faces(folder: Path) -> None:
    points = np.stack([face_points(0.1, eyes=30.0, center=(64, 54))] * 24)
    files = []
    for n in range(24):
        file = io.BytesIO()
        Image.fromarray(draw_face(points[n], (128, 128))).save(file, "WEBP", quality=90)
        files.append(file.getvalue())
    packed = np.diff(np.round(points * 16).astype(np.int64), axis=1, prepend=0).astype(np.int16)
    np.savez(
        folder / "faces.npz",
        webp=np.frombuffer(b"".join(files), np.uint8),
        webp_offsets=np.cumsum([0, *map(len, files)]),
        lm_d=packed,
        lm_mp_d=packed,
        person=np.arange(24) + 1,
        split=np.array(["test" if n % 6 == 5 else "train" for n in range(24)]),
        q=np.array(16.0),
    )


def write_finder(folder: Path) -> None:
    rng = np.random.default_rng(0)
    with ZipFile(folder / "finder.zip", "w") as archive:
        pictures = ["file,split,source,width,height,faces,ignore,empty,grey"]
        boxes = ["file,x0,y0,x1,y1,ignore"]
        for n in range(22):
            split, is_empty = "test" if n % 7 == 6 else "train", n % 2
            if is_empty:
                pixels = rng.integers(0, 255, (96, 120, 3), dtype=np.uint8)
            else:
                points = face_points(0.1, eyes=18.0, center=(60, 45))
                pixels = draw_face(points, (120, 96))
                low, high = points.min(axis=0), points.max(axis=0)
                boxes.append(f"{n}.webp,{low[0]},{low[1] - 10},{high[0]},{high[1]},0")
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, "WEBP")
            archive.writestr(f"{n}.webp", file.getvalue())
            pictures.append(f"{n}.webp,{split},made,120,96,{1 - is_empty},0,{is_empty},0")
        boxes.append("0.webp,100,80,118,94,1")
        archive.writestr("pictures.csv", "\n".join(pictures) + "\n")
        archive.writestr("boxes.csv", "\n".join(boxes) + "\n")


def write_phones(folder: Path) -> None:
    sounds = [opus_of(100 + n, 50) for n in range(4)]
    starts = np.array([0.0, 0.4, 0.6, 1.5] * 4)
    np.savez(
        folder / "phones.npz",
        opus=np.frombuffer(b"".join(sounds), np.uint8),
        opus_offsets=np.cumsum([0, *map(len, sounds)]),
        split=np.array(["train", "train", "train", "test"]),
        text=np.array(["Papa", "Papa, papa", "Will we", "Mama"]),
        phone=np.array(PHONES * 4),
        phone_start_s=starts,
        phone_end_s=np.array([0.4, 0.6, 1.5, 2.0] * 4),
        phone_offsets=np.arange(5) * 4,
    )
