"""The cue sheet of a film: what is heard when, and what could be heard in its place.

    sheet = CueSheet.open("with_sound-cues.json")
    sheet.cues[3].file

It is made to be edited by hand: `file` of a candidate put in the place of a cue's `file`, a gain, a
time. What is damaged is said with the line that it is in.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Self, TypeGuard

from neuropil.apps.foley.tagger import read_kinds
from neuropil.kit.atomic import atomic_path
from neuropil.kit.bounded import read_bytes
from neuropil.kit.errors import UserError, require_file, suggest
from neuropil.kit.formats import MAX_PIXELS, QUALITY
from neuropil.kit.ranges import Range

MOST_BYTES = 500_000_000
KINDS = ("event", "ambience")
GAINS, PANS, SPEEDS = Range(-120, 60), Range(-1, 1), Range(0.5, 2)
TIMES = Range(0, 10**6)
MOST = 10**15  # a whole number beyond is none that a sheet can mean
DIGITS = 3
KEYS = (
    *("time", "duration", "kind", "class", "file", "gain_db", "pan", "speed", "confidence", "why"),
    "candidates",
)
ROUNDED = ("time", "duration", "gain_db", "pan", "speed", "confidence")
ADVICE = "mend that line, or make the sheet again by: neuropil foley FILM"


@dataclass(frozen=True)
class Candidate:
    """Another recording for a cue: its distance, and how long and how loud it would be."""

    name: str
    file: str
    distance: float
    duration: float
    gain_db: float


@dataclass(frozen=True)
class Cue:
    """One sound of a film.

    time: of the hit, or where an ambience begins, in seconds; duration: in seconds
    kind: event or ambience
    name: the class of the sound, `class` in the file
    file: the recording, by its name in a library
    gain_db: by how much it is louder than as recorded; pan: -1 (left) to 1 (right)
    speed: 1 as recorded, 1.1 a tenth faster and higher
    confidence: 0 to 1
    why: in words
    """

    time: float
    duration: float
    kind: str
    name: str
    file: str
    gain_db: float
    pan: float
    speed: float
    confidence: float
    why: str
    candidates: tuple[Candidate, ...] = ()

    @property
    def end(self) -> float:
        """Give the moment at which it ends, in seconds."""
        return self.time + self.duration

    def is_same(self, other: "Cue") -> bool:
        """Tell whether both are the same sound at the same moment, however long."""
        return (self.kind, self.time, self.file) == (other.kind, other.time, other.file)


@dataclass(frozen=True)
class CueSheet:
    """All sounds of a film, by time.

    film: its name; seconds: its length
    """

    KIND: ClassVar = "cue-sheet"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".json",)
    READS: ClassVar = (".json",)

    film: str
    seconds: float
    cues: tuple[Cue, ...]

    @classmethod
    def open(cls, path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Self:
        """Read a cue sheet; raises UserError that names the line of what is damaged."""
        path = Path(path)
        require_file(path, "cue sheet")
        try:
            text = read_bytes(path, MOST_BYTES, ADVICE).decode("utf-8-sig")
            given = json.loads(text)
            return cls.parse(given, path, text)
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            line = f" line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            words = f"{path}{line}: no cue sheet, or a damaged one ({error}); {ADVICE}"
            raise UserError("input.damaged", words, path=path) from error

    @classmethod
    def parse(cls, given: Any, path: Path, text: str) -> Self:
        """Check what was read, cue by cue."""
        if not isinstance(given, dict) or not isinstance(given.get("cues"), list):
            words = f"{path} has no list of cues; {ADVICE}"
            raise UserError("input.damaged", words, path=path)
        seconds = given.get("seconds")
        if not is_number(seconds) or not 0 < seconds <= TIMES.high:
            words = f"{path}: seconds is {word_value(seconds)}; it is the length of the film,"
            words += " above 0; mend it, or make the sheet again by: neuropil foley FILM"
            raise UserError("input.damaged", words, path=path)
        cues = []
        for number, each in enumerate(given["cues"]):
            try:
                cues.append(parse_cue(each, float(seconds)))
            except UserError as error:
                line = find_line(text, number)
                words = f"{path} line {line}, cue {number}: {error}; {ADVICE}"
                raise error.wrap(words, path) from error
        cues.sort(key=lambda cue: (cue.time, cue.kind))
        return cls(str(given.get("film", "")), float(seconds), tuple(cues))

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write JSON, a cue after the other; `quality` is of pictures and films."""
        with atomic_path(Path(path)) as beside:
            beside.write_text(self.to_json(), encoding="utf-8")

    def to_json(self) -> str:
        """Word the sheet as JSON."""
        cues = [to_plain(cue) for cue in self.cues]
        whole = {"film": self.film, "seconds": round(self.seconds, DIGITS), "cues": cues}
        return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def round_cue(cue: Cue) -> Cue:
    """Round the numbers of a cue to what a sheet says, so that it renders the same again."""
    return replace(cue, **{key: round(getattr(cue, key), DIGITS) for key in ROUNDED})


def to_plain(cue: Cue) -> dict[str, Any]:
    """Turn a cue into what JSON holds: `class` in the place of name, numbers as `round_cue`."""
    plain = {("class" if key == "name" else key): value for key, value in asdict(cue).items()}
    plain["candidates"] = list(map(to_plain_candidate, cue.candidates))
    for key in ROUNDED:
        plain[key] = round(plain[key], DIGITS)
    return plain


def to_plain_candidate(candidate: Candidate) -> dict[str, Any]:
    """Turn a candidate into what JSON holds."""
    numbers = ("distance", "duration", "gain_db")
    rounded = {key: round(getattr(candidate, key), DIGITS) for key in numbers}
    return {"class": candidate.name, "file": candidate.file, **rounded}


def is_number(value: Any) -> TypeGuard[float]:
    """Tell a finite number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < MOST
    return isinstance(value, float) and math.isfinite(value)


def parse_cue(given: Any, seconds: float) -> Cue:
    """Check a cue; raises UserError for what is missing or can't be."""
    if not isinstance(given, dict):
        raise UserError("input.damaged", "no cue, which stands in braces")
    for key in given:
        if key not in KEYS:
            words = f"a cue has no {key}{suggest(key, KEYS)}; it has {', '.join(KEYS)}"
            raise UserError("name.unknown", words, name=key, possible=KEYS)
    numbers = {
        "time": read_number(given, "time", TIMES),
        "duration": read_number(given, "duration", TIMES),
        "gain_db": read_number(given, "gain_db", GAINS),
        "pan": read_number(given, "pan", PANS, 0.0),
        "speed": read_number(given, "speed", SPEEDS, 1.0),
        "confidence": read_number(given, "confidence", Range(0, 1), 1.0),
    }
    if numbers["time"] >= seconds:
        words = f"time is {numbers['time']:g}, and the film ends at {seconds:g}"
        raise UserError("option.range", words)
    kind, name, file = (given.get(key) for key in ("kind", "class", "file"))
    if kind not in KINDS:
        words = f"kind is {word_value(kind)}; it is one of {', '.join(KINDS)}"
        raise UserError("option.choice", words)
    if not isinstance(name, str) or name not in read_kinds():
        known = read_kinds()
        words = f"class is {word_value(name)}{suggest(str(name), known) if name else ''}; it is one"
        words += f" of {len(known)}, such as {', '.join(islice(known, 3))}, or that of a candidate"
        raise UserError("name.unknown", words, value=name, possible=tuple(known))
    if not isinstance(file, str) or not file:
        words = f"file is {word_value(file)}; name a recording of the library"
        raise UserError("input.damaged", words)
    others = given.get("candidates") or []
    if not isinstance(others, list):
        words = f"candidates is {word_value(others)}; it is a list, and may be left out"
        raise UserError("input.damaged", words)
    candidates = tuple(map(parse_candidate, others))
    why = str(given.get("why", ""))
    return Cue(kind=kind, name=name, file=file, why=why, candidates=candidates, **numbers)


def read_number(
    given: Mapping[str, Any], key: str, allowed: Range, usual: float | None = None
) -> float:
    """Read a number of a cue; raises UserError where it is missing, or out of its range."""
    value = given.get(key, usual)
    if not is_number(value):
        raise UserError("input.damaged", f"{key} is {word_value(value)}; it is a number")
    allowed.check(key, value)
    return float(value)


def word_value(value: Any) -> str:
    """Word what a sheet has in the place of something else, as JSON writes it."""
    return "missing" if value is None else json.dumps(value, ensure_ascii=False)[:60]


def parse_candidate(given: Any) -> Candidate:
    """Check a candidate; its numbers are for whoever reads the sheet."""
    if not isinstance(given, dict) or not isinstance(given.get("file"), str):
        words = f"a candidate is {word_value(given)}; it has class and file, in braces"
        raise UserError("input.damaged", words)
    numbers = (given.get(key, 0) for key in ("distance", "duration", "gain_db"))
    told = (float(number) if is_number(number) else 0.0 for number in numbers)
    return Candidate(str(given.get("class", "")), given["file"], *told)


def find_line(text: str, number: int) -> int:
    """Find the line at which a cue begins, in the text of a sheet."""
    place = skip_gap(text, text.index("[", text.index('"cues"')) + 1)
    for _ in range(number):
        _, end = json.JSONDecoder().raw_decode(text, place)
        place = skip_gap(text, end)
    return text.count("\n", 0, place) + 1


def skip_gap(text: str, place: int) -> int:
    """Go on to what follows blanks, line ends and commas."""
    while text[place] in " \t\r\n,":
        place += 1
    return place
