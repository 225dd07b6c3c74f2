"""What the networks learn from: one speaker's clips, labelled faces, pictures for the finder.

    speaker = Speaker.read(data)
    speaker.points[0]               # (75, 68, 2), pixels of the frame
    speaker.clips("train")          # numbers of the clips that the networks may see
    speaker.clips("judge")          # of those that the judge alone may see

DIR is a folder with `grid_s1.npz`, `grid_s1_faces.zip`, `faces.npz`, `finder.zip`, `others.zip` and
`phones.npz`; its README says where they come from. Every figure is of the split `test`.
"""

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neuropil.apps.lipsync.preprocess import Pixels
from neuropil.kit.bounded import check_unpacked, read_arrays
from neuropil.kit.errors import UserError
from neuropil.kit.media.film import Film

MOST_BYTES = 2_000_000_000  # of an archive, unpacked
ADVICE = "name the folder of the data of lipsync by --data"
FPS = 25  # of the speaker's clips

Part = Literal["train", "test"]
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Word:
    """A word of a clip and when it is said, in seconds; `sil` and `sp` are pauses."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, eq=False)
class Speaker:
    """The clips of one man: landmarks of every frame, words, sound."""

    arrays: Arrays

    @classmethod
    def read(cls, data: Path) -> Self:
        """Read `grid_s1.npz`; raises UserError where it is missing or damaged."""
        names = ("id", "split", "judge_half", "lm_first", "lm_lo", "lm_hi", "lm_q", "opus", "word")
        return cls(read_file(data, "grid_s1.npz", names))

    @cached_property
    def points(self) -> NDArray[np.float32]:
        """Unpack the landmarks of all clips: (N, 75, 68, 2), pixels of the frame of 360 x 288."""
        z = self.arrays
        packed = z["lm_lo"].astype(np.int32) | (z["lm_hi"].astype(np.int32) << 8)
        steps = (packed >> 1) ^ -(packed & 1)  # zigzag: small numbers of either sign
        changes = np.cumsum(steps, axis=2)  # of a point, over that of the point before it
        first = z["lm_first"][:, None].astype(np.int32)
        whole = np.concatenate([first, first + np.cumsum(changes, axis=1)], axis=1)
        return (whole / z["lm_q"][:, None]).astype(np.float32)

    def clips(self, part: Literal["train", "judge", "test"]) -> NDArray[np.intp]:
        """List the clips of a part: to learn from, for the judge alone, to test on.

        Of those that are marked for the judge every second one is enough for it.
        """
        z = self.arrays
        judged = np.flatnonzero((z["split"] == "train") & (z["judge_half"] == 1))[::2]
        if part == "judge":
            return judged
        chosen = np.flatnonzero(z["split"] == part)
        return chosen[~np.isin(chosen, judged)]

    @property
    def ids(self) -> list[str]:
        """Name the clips."""
        return [str(name) for name in self.arrays["id"]]

    def opus(self, clip: int) -> bytes:
        """Give the sound of a clip as the bytes of an Ogg Opus file."""
        start, stop = self.arrays["opus_offsets"][clip : clip + 2]
        return self.arrays["opus"][start:stop].tobytes()

    def words(self, clip: int) -> list[Word]:
        """List the words of a clip."""
        start, stop = self.arrays["word_offsets"][clip : clip + 2]
        texts, spans = self.arrays["word"][start:stop], self.arrays["word_span_s"][start:stop]
        return [Word(str(t), float(a), float(b)) for t, (a, b) in zip(texts, spans, strict=True)]


@dataclass(frozen=True, eq=False)
class SpeakerFilm:
    """The pictures of a clip: frames (160, 160, 3), cut from the frame at a corner (x, y)."""

    name: str
    corner: NDArray[np.float64]
    frames: list[Pixels]


def read_clips(data: Path, names: Collection[str]) -> Iterator[SpeakerFilm]:
    """Decode those of some clips that have pictures, one after the other."""
    with open_archive(data, "grid_s1_faces.zip") as archive, TemporaryDirectory() as folder:
        for row in read_rows(archive, "crops.csv"):
            if row["id"] in names:
                path = Path(archive.extract(f"{row['id']}.mp4", folder))
                frames = [frame.pixels for frame in Film.open(path).frames()]
                path.unlink()
                yield SpeakerFilm(row["id"], np.array([float(row["x0"]), float(row["y0"])]), frames)


@dataclass(frozen=True, eq=False)
class OtherFilm:
    """A film of somebody else, and the points (F, 68, 2) that are known; NaN without a face."""

    name: str
    film: bytes
    fps: float
    points: NDArray[np.float64]


def read_others(data: Path) -> list[OtherFilm]:
    """Read the films of other people, those of GRID first."""
    with open_archive(data, "others.zip") as archive:
        packed = np.load(io.BytesIO(archive.read("landmarks.npz")))
        found = []
        for row in read_rows(archive, "films.csv"):
            name = row["file"].removesuffix(".mp4")
            whole = np.cumsum(packed[name].astype(np.int32), axis=0)
            points = np.where(whole < 0, np.nan, whole / float(packed["q"]))
            found.append(OtherFilm(name, archive.read(row["file"]), float(row["fps"]), points))
    return sorted(found, key=lambda film: not film.name.startswith("grid"))


# --- faces ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class LabeledFaces:
    """Faces of 128 x 128 pixels with two sets of points, which differ by convention.

    points: (N, 68, 2) by MediaPipe, whose lips are closed where a mouth is
    labels: the data set's own
    """

    crops: list[bytes]
    points: NDArray[np.float32]
    labels: NDArray[np.float32]
    persons: NDArray[np.int64]

    def decode(self, number: int) -> Pixels:
        """Decode a face: (128, 128), grey."""
        return np.asarray(Image.open(io.BytesIO(self.crops[number])).convert("L"))

    def select(self, chosen: NDArray[Any]) -> "LabeledFaces":
        """Take some of them, by numbers or by a mask."""
        numbers = np.arange(len(self.crops))[chosen]
        return LabeledFaces(
            [self.crops[n] for n in numbers],
            self.points[numbers],
            self.labels[numbers],
            self.persons[numbers],
        )


def read_faces(data: Path, part: Part) -> LabeledFaces:
    """Read the faces of a part, which are of other persons than those of the other part."""
    z = read_file(data, "faces.npz", ("webp", "webp_offsets", "lm_d", "lm_mp_d", "person", "split"))
    ends = z["webp_offsets"]
    crops = [z["webp"][a:b].tobytes() for a, b in pairwise(ends)]
    points, labels = (
        (np.cumsum(z[key].astype(np.int32), axis=1) / float(z["q"])).astype(np.float32)
        for key in ("lm_mp_d", "lm_d")
    )
    faces = LabeledFaces(crops, points, labels, z["person"].astype(np.int64))
    return faces.select(z["split"] == part)


@dataclass(frozen=True, eq=False)
class FinderPicture:
    """A picture, the faces in it, and those that are doubtful; boxes (N, 4) are x0, y0, x1, y1.

    is_empty: whether there is surely no face
    """

    file: str
    encoded: bytes
    boxes: NDArray[np.float64]
    doubtful: NDArray[np.float64]
    is_empty: bool

    @property
    def pixels(self) -> Pixels:
        """Decode the picture: (H, W, 3)."""
        return np.asarray(Image.open(io.BytesIO(self.encoded)).convert("RGB"))


def read_finder_pictures(data: Path, part: Part) -> list[FinderPicture]:
    """Read the pictures of a part, for the finder."""
    with open_archive(data, "finder.zip") as archive:
        boxes: dict[tuple[str, bool], list[list[float]]] = {}
        for row in read_rows(archive, "boxes.csv"):
            box = [float(row[side]) for side in ("x0", "y0", "x1", "y1")]
            boxes.setdefault((row["file"], row["ignore"] == "1"), []).append(box)
        return [
            FinderPicture(
                row["file"],
                archive.read(row["file"]),
                np.array(boxes.get((row["file"], False), [])).reshape(-1, 4),
                np.array(boxes.get((row["file"], True), [])).reshape(-1, 4),
                row["empty"] == "1",
            )
            for row in read_rows(archive, "pictures.csv")
            if row["split"] == part
        ]


# --- files ---------------------------------------------------------------------------------------


def read_file(data: Path, name: str, names: tuple[str, ...]) -> Arrays:
    """Read the arrays of a file of the data; raises UserError where it is missing or damaged."""
    path = data / name
    if not path.is_file():
        raise UserError("data.missing", f"there is no file {path}; {ADVICE}", path=path)
    return read_arrays(path, MOST_BYTES, ADVICE, names=names, what="data of lipsync")


def open_archive(data: Path, name: str) -> ZipFile:
    """Open an archive of the data; raises UserError where it is missing or damaged."""
    path = data / name
    try:
        archive = ZipFile(path)
        check_unpacked(archive, MOST_BYTES, ADVICE)
    except FileNotFoundError as error:
        raise UserError("data.missing", f"there is no file {path}; {ADVICE}", path=path) from error
    except (BadZipFile, OSError) as error:
        words = f"{path} is damaged or no archive; {ADVICE}"
        raise UserError("input.damaged", words, path=path) from error
    return archive


def read_rows(archive: ZipFile, name: str) -> Iterator[dict[str, str]]:
    """Read a table of an archive, row by row."""
    with archive.open(name) as file:
        yield from csv.DictReader(io.TextIOWrapper(file, "utf-8"))
