"""What other programs read of a cue sheet: labels, an edit list, stems, credits.

    Labels(sheet).save("film-labels.csv")

What is written to several files says by `split` which.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

from neuropil.apps.foley.cues import CueSheet
from neuropil.apps.foley.sound_library import Recording
from neuropil.apps.foley.soundtrack import CHANNELS, RATE, Mix, Soundtrack
from neuropil.kit.atomic import atomic_path
from neuropil.kit.audio.audio_writer import write_blocks
from neuropil.kit.errors import require_ending
from neuropil.kit.formats import QUALITY
from neuropil.kit.media.document import Document


class Credits(Document):
    """Whose recordings are heard, a line for each."""

    SUFFIXES: ClassVar[tuple[str, ...]] = (".txt",)
    PRINTED: ClassVar = False  # a file that goes along, not an answer


def list_credits(sheet: CueSheet, recordings: Mapping[str, Recording]) -> Credits:
    """List whose recordings a film uses, each once."""
    used = sorted({cue.file for cue in sheet.cues})
    lines = [f"Sounds of {sheet.film}", *(recordings[file].credit for file in used)]
    return Credits("\n".join(lines) + "\n")


@dataclass(frozen=True)
class TextFile:
    """A text for a file of any ending."""

    text: str

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write it; `quality` is of pictures and films."""
        with atomic_path(Path(path)) as beside:
            beside.write_text(self.text, encoding="utf-8")


@dataclass(frozen=True)
class Labels:
    """Cues as labels: a table (CSV), and beside it what Audacity imports as a label track."""

    KIND: ClassVar = "labels"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".csv",)

    sheet: CueSheet

    def split(self, path: Path) -> dict[Path, TextFile]:
        """Give the files that are written."""
        audacity = path.with_name(f"{path.stem}-audacity.txt")
        return {path: TextFile(self.to_csv()), audacity: TextFile(self.to_audacity())}

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write the table; `quality` is of pictures and films."""
        require_ending(Path(path), self.SUFFIXES)
        TextFile(self.to_csv()).save(path)

    def to_csv(self) -> str:
        """Word the table: start, end, kind, class, file, gain, pan."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("start", "end", "kind", "class", "file", "gain_db", "pan"))
        for cue in self.sheet.cues:
            numbers = f"{cue.gain_db:.2f}", f"{cue.pan:.2f}"
            times = f"{cue.time:.3f}", f"{cue.end:.3f}"
            rows.writerow((*times, cue.kind, cue.name, cue.file, *numbers))
        return text.getvalue()

    def to_audacity(self) -> str:
        """Word the label track: start, end and name, a tab between."""
        return "".join(f"{c.time:.6f}\t{c.end:.6f}\t{c.name}\n" for c in self.sheet.cues)


@dataclass(frozen=True)
class EditList:
    """Cues as an edit decision list (CMX 3600), which editing programs read.

    recordings: by name; fps: frames a second of the film, counted without drop frames
    """

    KIND: ClassVar = "edit-list"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".edl",)

    sheet: CueSheet
    recordings: Mapping[str, Recording]
    fps: Fraction

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write the list; `quality` is of pictures and films."""
        TextFile(self.to_text()).save(path)

    def to_text(self) -> str:
        """Word the list; events are numbered from 1."""
        lines = [f"TITLE: {self.sheet.film}", "FCM: NON-DROP FRAME", ""]
        for number, cue in enumerate(self.sheet.cues, 1):
            start = self.recordings[cue.file].onset if cue.kind == "event" else 0.0
            source = f"{self.time_code(start)} {self.time_code(start + cue.duration * cue.speed)}"
            record = f"{self.time_code(cue.time)} {self.time_code(cue.end)}"
            track = "A" if cue.kind == "event" else "A2"
            lines += [
                f"{number:03}  AX       {track:<5} C        {source} {record}",
                f"* FROM CLIP NAME: {cue.file}",
                f"* COMMENT: {cue.name} {cue.gain_db:+.1f} dB, at {cue.speed:g} times its speed",
            ]
        return "\n".join(lines) + "\n"

    def time_code(self, seconds: float) -> str:
        """Word a moment as hours:minutes:seconds:frames."""
        frames = round(seconds * self.fps)
        whole, rest = divmod(frames, max(1, round(self.fps)))
        return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}:{rest:02}"


@dataclass(frozen=True, eq=False)
class Stems:
    """Ambience and events apart, each as a WAV file, together as loud as the film's own cues.

    Peaks of each are limited as those of the whole are.
    """

    KIND: ClassVar = "stems"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".wav",)

    track: Soundtrack
    gain_db: float

    def split(self, path: Path) -> dict[Path, "Stem"]:
        """Give the files that are written: film-stems-ambience.wav and film-stems-events.wav."""
        parts = {"ambience": "ambience", "events": "event"}
        return {
            path.with_name(f"{path.stem}-{name}{path.suffix}"): Stem(self.track, kind, self.gain_db)
            for name, kind in parts.items()
        }

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write both files; `quality` is of pictures and films."""
        for place, stem in self.split(Path(path)).items():
            stem.save(place)


@dataclass(frozen=True, eq=False)
class Stem:
    """The cues of one kind, as sound."""

    track: Soundtrack
    kind: str
    gain_db: float

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write WAV; `quality` is of pictures and films."""
        blocks = Mix(replace(self.track, kinds=(self.kind,))).blocks(self.gain_db)
        write_blocks(Path(path), blocks, rate=RATE, channels=CHANNELS)
