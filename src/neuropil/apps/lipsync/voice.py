"""A person's mouths in a file: what `lipsync-learn` makes and `lipsync --voice` takes.

    Voice(library, mouths, mapping).save(Path("ada.voice"))
    voice = Voice.open("ada.voice")

N  mouths
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.adaptation import LearnedMapping
from neuropil.apps.lipsync.library import THUMBNAIL, MouthLibrary
from neuropil.apps.lipsync.shapes import FEATURES, N_POINTS, Numbers
from neuropil.kit.atomic import atomic_path
from neuropil.kit.bounded import read_arrays
from neuropil.kit.errors import UserError, require_ending, require_file
from neuropil.kit.formats import MAX_PIXELS, QUALITY

VERSION = 2  # 1 had no lights
MOST_BYTES = 1_000_000_000  # unpacked
ADVICE = "make one by neuropil lipsync-learn"
NAMES = (
    *("version", "crops", "ends", "points", "frames", "thumbnails", "mouths"),
    *("weights", "intercept"),
)


@dataclass(frozen=True, eq=False)
class Voice:
    """One person: mouths, what each shows (N, 10), and how sound moves them if that was learned."""

    KIND: ClassVar = "voice"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".voice",)
    READS: ClassVar = (".voice",)

    library: MouthLibrary
    mouths: Numbers
    mapping: LearnedMapping | None

    @classmethod
    def open(cls, path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Self:
        """Read a file; raises UserError where it is none, damaged, or of another version."""
        path = Path(path)
        require_file(path, "voice")
        arrays = read_arrays(path, MOST_BYTES, ADVICE, names=NAMES, what="voice")
        if arrays["version"].shape or int(arrays["version"]) != VERSION:
            words = f"{path} is a voice of another version; {ADVICE}"
            raise UserError("input.kind", words, path=path)
        check_shapes(path, arrays)
        ends = arrays["ends"].astype(np.int64)
        packed = arrays["crops"].tobytes()
        starts = np.concatenate([[0], ends[:-1]])
        library = MouthLibrary(
            tuple(packed[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)),
            arrays["points"].astype(np.float32),
            arrays["frames"].astype(np.int64),
            arrays["thumbnails"].astype(np.float32),
            arrays["lights"].astype(np.float32),
        )
        weights, intercept = (arrays[key].astype(np.float64) for key in ("weights", "intercept"))
        mapping = LearnedMapping(weights, intercept) if weights.size else None
        return cls(library, arrays["mouths"].astype(np.float64), mapping)

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write a file; `quality` is of pictures alone."""
        path = Path(path)
        require_ending(path, self.SUFFIXES)
        crops = self.library.crops
        nothing = LearnedMapping(np.zeros((0, len(FEATURES))), np.zeros(0))
        mapping = self.mapping or nothing
        arrays: dict[str, NDArray[Any]] = {
            "version": np.array(VERSION),
            "crops": np.frombuffer(b"".join(crops), np.uint8),
            "ends": np.cumsum([len(crop) for crop in crops], dtype=np.int64),
            "points": self.library.points.astype(np.float32),
            "frames": self.library.frames,
            "thumbnails": self.library.thumbnails.astype(np.float16),
            "lights": self.library.lights.astype(np.float32),
            "mouths": self.mouths.astype(np.float32),
            "weights": mapping.weights.astype(np.float32),
            "intercept": mapping.intercept.astype(np.float32),
        }
        with atomic_path(path) as beside, beside.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]


def check_shapes(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Raise UserError where the arrays of a file do not belong together."""
    n, ends = len(arrays["points"]), arrays["ends"]
    wanted = {
        "points": (n, N_POINTS, 2),
        "frames": (n,),
        "thumbnails": (n, THUMBNAIL[0] * THUMBNAIL[1]),
        "lights": (n, 3),
        "mouths": (n, len(FEATURES)),
        "ends": (n,),
    }
    is_whole = n > 0 and all(
        name in arrays and arrays[name].shape == shape for name, shape in wanted.items()
    )
    if is_whole:
        in_order = (np.diff(ends, prepend=0) > 0).all()
        is_whole = bool(in_order) and int(ends[-1]) == arrays["crops"].size
        weights, intercept = arrays["weights"], arrays["intercept"]
        fits = weights.ndim == 2 and (weights.size == 0 or weights.shape[1] == intercept.size)
        is_whole = is_whole and fits and np.isfinite(arrays["mouths"]).all()
    if not is_whole:
        raise UserError("input.damaged", f"{path} is a damaged voice; {ADVICE}", path=path)
