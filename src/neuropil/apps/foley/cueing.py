"""Cues for the shots of a film: an ambience for what each shows, a recording for each onset.

N classes of sounds
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import numpy as np

from neuropil.apps.foley.analysis import Shot
from neuropil.apps.foley.cues import Candidate, Cue, round_cue
from neuropil.apps.foley.onsets import FORMS, Onset
from neuropil.apps.foley.scene import SeenShot, scene_names
from neuropil.apps.foley.search import Match, Numbers, Query, SearchIndex
from neuropil.apps.foley.sound_library import Recording
from neuropil.apps.foley.sound_table import rate_ambience, rate_events
from neuropil.apps.foley.tagger import tag_names
from neuropil.eye.network import classes

OTHERS, OF_CLASS = 4, 2  # candidates of other classes, and of the same
REPEATED = 2.0, 0.6  # distance that is added to what was heard last, and its share one time later
REMEMBERED = 6  # events whose recordings are not soon heard again
SAME = 3.0  # times as likely what was heard before of the same form of motion in a shot
THIN = 4  # recordings of a class, with fewer of which they are varied
VARIED = 0.1  # by which pitch and length are, at most
AMBIENCE_LUFS, EVENT_LUFS = -27.0, -37.0  # of an ambience, of an event that is hardly seen
MEASURED = 0.4  # seconds over which loudness is measured; a click that is shorter is louder
STRONGER_DB, LARGER_DB = 14.0, 5.0  # that a strong and a large event are louder
LARGE = 0.15  # share of the picture that moves of what counts as large
LONG, LEAST = 1.5, 0.1  # seconds of a recording that may be cut short, and how far at most
WIDEST = 0.8  # of the pan
SURE_OF_THING = 0.15  # from when on a thing is named
PAGE = "writing"  # the class whose sound an intertitle gets, where it gets one: paper


@dataclass(frozen=True, eq=False)
class CueChoice:
    """Why a cue of an event is what it is: its onset, and the recording that was nearest."""

    cue: Cue
    onset: Onset
    match: Match


@dataclass(eq=False)
class CueWriter:
    """Chooses recordings for a film, and remembers which it chose.

    recordings: of all libraries
    has_titles: whether intertitles get a sound
    """

    recordings: Sequence[Recording]
    has_titles: bool = False
    events: SearchIndex = field(init=False)
    ambience: SearchIndex = field(init=False)
    heard: list[int] = field(default_factory=list)
    counts: Counter[str] = field(init=False)
    choices: list[CueChoice] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.events = SearchIndex.of(self.recordings, "event")
        self.ambience = SearchIndex.of(self.recordings, "ambience")
        self.counts = Counter(each.name for each in self.recordings)

    def write(self, shots: Sequence[Shot]) -> tuple[Cue, ...]:
        """Write the cues of all shots, by time."""
        cues: list[Cue] = []
        for shot in shots:
            if shot.is_title:
                cues += self.cue_title(shot)
            else:
                cues += self.cue_ambience(shot, cues)
                cues += end_long(self.cue_events(shot))
        return tuple(sorted(map(round_cue, cues), key=lambda cue: (cue.time, cue.kind)))

    def cue_ambience(self, shot: Shot, before: list[Cue]) -> list[Cue]:
        """Cue what the scene sounds like; where the shot before sounds alike, that goes on."""
        ratings = rate_ambience(shot.seen)
        found = self.ambience.search(Query(ratings, 0.5, 0.5), OTHERS)
        if not found:
            return []
        cue = self.to_ambience(shot, found, ratings)
        around = [n for n, other in enumerate(before) if other.kind == "ambience"]
        last = around[-1] if around else -1
        if around and before[last].name == cue.name and abs(before[last].end - shot.start) < 0.01:
            before[last] = replace(before[last], duration=shot.end - before[last].time)
            return []
        return [cue]

    def to_ambience(self, shot: Shot, found: list[Match], ratings: Numbers) -> Cue:
        """Word the cue of an ambience."""
        best, length = self.recordings[found[0].number], shot.end - shot.start
        return Cue(
            time=shot.start,
            duration=length,
            kind="ambience",
            name=best.name,
            file=best.file,
            gain_db=level_ambience(best),
            pan=0.0,
            speed=1.0,
            confidence=float(ratings[tag_names().index(best.name)]),
            why=f"the shot shows {word_seen(shot.seen)}",
            candidates=tuple(self.to_candidate(m, level_ambience, length) for m in found[1:]),
        )

    def cue_title(self, shot: Shot) -> list[Cue]:
        """Cue the turn of a page for an intertitle, where that is wanted."""
        number = tag_names().index(PAGE)
        ratings = np.eye(len(tag_names()))[number]
        found = self.events.search_class(Query(ratings, 0.2, 0.5), number, 1)
        if not self.has_titles or not found:
            return []
        best = self.recordings[found[0].number]
        return [self.to_cue(best, shot.start + 0.2, 0.0, -8.0, 1.0, "an intertitle", ())]

    def cue_events(self, shot: Shot) -> list[Cue]:
        """Cue a recording for each onset of a shot."""
        cues: list[Cue] = []
        last: dict[int, int] = {}  # form of motion -> class that was heard of it
        for onset in shot.onsets:
            ratings = rate_events(shot.seen, onset.forms)
            form = int(np.argmax(onset.forms))
            if form in last:
                ratings[last[form]] *= SAME
                ratings /= ratings.sum()
            query = Query(ratings, onset.strength, min(1.0, onset.size / LARGE), self.repeated())
            found = self.events.search(query, OTHERS)
            if not found:
                return cues
            best = self.recordings[found[0].number]
            number = tag_names().index(best.name)
            last[form] = number
            alike = self.events.search_class(query, number, 1 + OF_CLASS)
            others = [m for m in alike if m.number != found[0].number][:OF_CLASS]
            level = partial(level_event, louder=find_louder(onset))
            candidates = tuple(self.to_candidate(m, level) for m in [*found[1:], *others])
            self.heard.append(found[0].number)
            cues.append(self.cue_onset(shot, onset, best, float(ratings[number]), candidates))
            self.choices.append(CueChoice(round_cue(cues[-1]), onset, found[0]))
        return cues

    def cue_onset(
        self,
        shot: Shot,
        onset: Onset,
        best: Recording,
        chance: float,
        candidates: tuple[Candidate, ...],
    ) -> Cue:
        """Word the cue of an onset: louder the stronger and larger, placed where it is seen."""
        form = FORMS[int(np.argmax(onset.forms))]
        why = (
            f"motion like a {form} ({onset.forms.max():.0%}), onset {onset.probability:.0%};"
            f" the shot shows {word_seen(shot.seen)}"
        )
        louder, speed = find_louder(onset), self.vary(best)
        cue = self.to_cue(best, onset.time, onset.place, louder, speed, why, candidates)
        return replace(cue, confidence=onset.probability * chance)

    def to_cue(
        self,
        best: Recording,
        time: float,
        place: float,
        louder: float,
        speed: float,
        why: str,
        candidates: tuple[Candidate, ...],
    ) -> Cue:
        """Word the cue of an event."""
        return Cue(
            time=max(0.0, time),
            duration=find_length(best) / speed,
            kind="event",
            name=best.name,
            file=best.file,
            gain_db=level_event(best, louder),
            pan=WIDEST * place,
            speed=speed,
            confidence=1.0,
            why=why,
            candidates=candidates,
        )

    def vary(self, best: Recording) -> float:
        """Choose a speed for a recording whose class is thin, another each time it is heard."""
        if self.counts[best.name] >= THIN:
            return 1.0
        turn = len(self.heard) * 0.618 % 1  # the golden ratio: no two near each other
        return 1 + VARIED * (2 * turn - 1)

    def repeated(self) -> dict[int, float]:
        """Give the distance that is added to recordings that were just heard."""
        added, share = REPEATED
        recent = self.heard[-REMEMBERED:]
        return {n: added * share ** (len(recent) - 1 - k) for k, n in enumerate(recent)}

    def to_candidate(
        self, match: Match, level: Callable[[Recording], float], length: float | None = None
    ) -> Candidate:
        """Word a candidate, with the gain and the duration that it would have.

        length: in seconds; by default that of the recording
        """
        other = self.recordings[match.number]
        seconds = find_length(other) if length is None else length
        return Candidate(other.name, other.file, match.distance, seconds, level(other))


def find_louder(onset: Onset) -> float:
    """Find by how many dB an event is louder than one that is hardly seen."""
    return STRONGER_DB * onset.strength + LARGER_DB * min(1.0, onset.size / LARGE)


def find_length(recording: Recording) -> float:
    """Give how long an event is heard, from its onset on, in seconds."""
    return max(recording.seconds - recording.onset, LEAST)


def level_ambience(recording: Recording) -> float:
    """Find the gain in dB that makes an ambience as loud as all."""
    return AMBIENCE_LUFS - recording.loudness


def level_event(recording: Recording, louder: float) -> float:
    """Find the gain in dB that makes an event as loud as is wanted, while it lasts."""
    share = min(find_length(recording) / MEASURED, 1.0)
    return EVENT_LUFS + louder - recording.loudness + 10 * math.log10(share)


def end_long(cues: Sequence[Cue]) -> list[Cue]:
    """Let a long recording end where the next of its class begins: a gallop is one horse's."""
    ended = list(cues)
    for n, (cue, after) in enumerate(pairwise(cues)):
        if cue.duration > LONG and cue.name == after.name:
            ended[n] = replace(cue, duration=min(cue.duration, max(after.time - cue.time, LEAST)))
    return ended


def word_seen(seen: SeenShot) -> str:
    """Word the two most likely scenes or objects, and the likeliest thing where it is likely."""
    first, second = np.argsort(-seen.scene)[:2]
    names = scene_names()
    words = (
        f"{names[first]} ({seen.scene[first]:.0%}) or {names[second]} ({seen.scene[second]:.0%})"
    )
    thing = int(seen.things.argmax())
    if seen.things[thing] < SURE_OF_THING:
        return words
    return f"{words}, in it {classes()[thing].name} ({seen.things[thing]:.0%})"
