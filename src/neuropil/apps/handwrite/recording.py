"""Recordings of somebody's own handwriting: one to ten lines of strokes and what they say.

    P  points of a line      K  strokes of a drawing

A recording is a file of pen strokes, of one of three kinds that its content tells apart:

JSON    {"lines": [{"text": "what it says", "strokes": [[[x, y], [x, y], ...], ...]}, ...]}
        or one drawing, {"strokes": [...], "text": "..."}, or its strokes, [[[x, y], ...], ...].
        A point is [x, y], [x, y, time], [x, y, time, pressure] or {"x": 1, "y": 2}.
SVG     <path>, <polyline>, <line> and <polygon> that have a stroke; a <circle> is a dot.
InkML   <trace>x y, x y, ...</trace>, its channels in the order of <traceFormat>.

x runs to the right and y downwards, in any unit. A drawing that holds several lines of writing is
cut where its text has a new line. Where a text is typed, a new line may be typed as \\n.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeGuard
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from neuropil.apps.handwrite import svg_strokes
from neuropil.apps.handwrite.strokes import DISTANCE, Line, normalize, resample
from neuropil.apps.handwrite.svg_strokes import LARGEST, NUMBER, Places
from neuropil.kit.bounded import read_bytes
from neuropil.kit.errors import UserError, require_file

MOST_BYTES = 20_000_000
MOST_LINES = 10
DENSITY = (3, 60)  # resampled points per character between which a text is believed

TILTS = np.linspace(-0.25, 0.25, 51)  # slopes dy/dx that the lines of a page may have
BLURS = (0.35, 0.3, 0.4)  # of a stroke's height: widths to see lines at, best first
TALL = 0.4  # of a stroke's height: what is less tall is a dot or a cross
DOTS = 0.4  # of the way down to the next line: dots from there on are the next line's
FAINT = 1e-3  # of the highest hill: what is lower is none
LIKELY_TILT = 0.2  # standard deviation of the slopes of lines
MAX_SAMPLED_STROKES = 800  # strokes that the lines are found by
GRID = 4000  # places between top and bottom where strokes are counted

TOKEN = rf"(?:([!'\"])\s*)?({NUMBER}|[*?TF])"  # of InkML: how a value is meant, and the value
TEXTS = 'as in "first line\\nsecond line"'


@dataclass(frozen=True, eq=False)
class RecordedLine:
    """One line of writing: strokes (P, 3) as they were recorded, and what they say."""

    strokes: Line
    text: str


@dataclass(frozen=True, eq=False)
class StrokeRecording:
    """One to ten lines that one hand wrote, from the top of the page down."""

    lines: tuple[RecordedLine, ...]

    @classmethod
    def open(cls, path: Path, text: str | None) -> "StrokeRecording":
        r"""Read a recording (JSON, SVG or InkML) and match its lines with what they say.

        `text` says what was written, a new line or a typed \n between two lines; None leaves that
        to the file. Raises UserError where the file is no recording, or the text can't be its.
        """
        require_file(path, "recording of handwriting")
        data = read_bytes(path, MOST_BYTES, "save the strokes alone, without pictures")
        try:
            lines = [
                line
                for one in match_text(parse_recording(data), text)
                for line in assign_text(*one)
            ]
            check_line_count(len(lines))
            for number, line in enumerate(lines, 1):
                check_density(line, number)
        except UserError as error:
            raise error.wrap(f"{path}: {error}", path) from error
        return cls(tuple(lines))


class StrokeGroup(NamedTuple):
    """Strokes that belong together, as a file holds them."""

    strokes: list[Places]  # K
    text: str | None
    is_line: bool  # the file says that this is one line of writing


def parse_recording(data: bytes) -> list[StrokeGroup]:
    """Tell JSON, SVG and InkML apart and list what they hold; raises UserError."""
    start = data[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1]
    with np.errstate(over="ignore", invalid="ignore"):  # too large is found out below
        if start in (b"{", b"["):
            found = json_drawings(data)
        elif start == b"<":
            found = [StrokeGroup(xml_strokes(data), None, False)]
        else:
            raise UserError(
                "input.kind", "it is neither JSON, SVG nor InkML; save the strokes as one of them"
            )
    svg_strokes.check_points(sum(len(places) for drawing in found for places in drawing.strokes))
    for drawing in found:
        check_strokes(drawing.strokes)
    return found


def check_strokes(strokes: list[Places]) -> None:
    """Raise UserError where there is no stroke, or one that leads nowhere."""
    if not strokes:
        raise UserError(
            "input.empty", "there is no stroke in a line of it; write something and record it again"
        )
    for number, places in enumerate(strokes, 1):
        if not (np.abs(places) <= LARGEST).all():  # also where it is no number
            raise UserError(
                "input.content",
                f"stroke {number} has a coordinate that is no number up to {LARGEST:g}; "
                "mend it or record it again",
            )


# --- what the lines say ---


def match_text(found: list[StrokeGroup], text: str | None) -> list[tuple[StrokeGroup, list[str]]]:
    """Match drawings with the lines of text that each holds; raises UserError."""
    if text is None:
        if any(drawing.text is None for drawing in found):
            raise UserError(
                "option.missing",
                f"it does not say what was written; give the text, {TEXTS}",
                name="text",
            )
        return [(drawing, split_lines(drawing.text or "")) for drawing in found]
    given = split_lines(re.sub(r"\\n", "\n", text))
    if len(found) == 1:
        return [(found[0], given)]
    if len(found) != len(given):
        raise UserError("text.mismatch", mismatch_message(len(found), len(given)))
    return [(drawing, [row]) for drawing, row in zip(found, given, strict=True)]


def split_lines(text: str) -> list[str]:
    """Cut a text into its lines, without blank ones; raises UserError."""
    made = [row.strip() for row in re.split(r"\r\n|\r|\n", text) if row.strip()]
    if not made:
        raise UserError(
            "input.empty",
            f"the text of a line is empty; give what was written, {TEXTS}",
            name="text",
        )
    check_line_count(len(made))
    for number, row in enumerate(made, 1):
        odd = next((c for c in row if unicodedata.category(c) in ("Cc", "Cs")), None)
        if odd is not None:
            raise UserError(
                "text.unwritable",
                f"line {number} of the text has the control character U+{ord(odd):04X}; "
                "type letters, digits, punctuation and spaces",
                value=odd,
            )
    return made


def check_line_count(n: int) -> None:
    """Raise UserError where there are more lines than a recording may have."""
    if n > MOST_LINES:
        raise UserError(
            "input.too_large",
            f"it has {n} lines, and 1 to {MOST_LINES} can be; keep the best",
            value=n,
            high=MOST_LINES,
        )


def mismatch_message(n_found: int, n_given: int) -> str:
    """Say that lines of writing and lines of text are not as many."""
    return (
        f"{pluralize(n_found, 'line')} of writing found and"
        f" {pluralize(n_given, 'line')} of text given;"
        f" give one line of text for each, {TEXTS}, or save the lines one by one under"
        ' "lines" of a JSON file'
    )


def pluralize(n: int, what: str) -> str:
    """Word a number of things."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def check_density(line: RecordedLine, number: int) -> None:
    """Raise UserError where a text is too long or too short for what the pen did."""
    low, high = (bound * len(line.text) for bound in DENSITY)
    n = count_points(line.strokes, high)
    if not low <= n <= high:
        raise UserError(
            "text.mismatch",
            f"line {number} has {pluralize(n, 'point')} for"
            f" {pluralize(len(line.text), 'character')} of text:"
            f" {line.text[:60]!r} would have {low} to {high}; "
            "check that this is what was written there",
        )


def count_points(strokes: Line, most: int) -> int:
    """Count the points of a line after resampling, roughly where they are far too many."""
    level = normalize(strokes)
    drawn = np.hypot(*np.diff(level[:, :2], axis=0).T) @ (1 - level[:-1, 2]) / DISTANCE
    return int(drawn) if drawn > 2 * most + len(level) else len(resample(level))


# --- lines of writing in a drawing ---


def assign_text(drawing: StrokeGroup, texts: list[str]) -> list[RecordedLine]:
    """Cut a drawing into as many lines as its text has; raises UserError."""
    if drawing.is_line and len(texts) == 1:
        parts = [drawing.strokes]
    else:
        parts = cluster_lines(drawing.strokes, len(texts))
    return [RecordedLine(join_strokes(part), text) for part, text in zip(parts, texts, strict=True)]


def join_strokes(strokes: list[Places]) -> Line:
    """Join strokes to a line (P, 3); the pen leaves the paper after each."""
    up = np.concatenate([np.arange(len(places), 0, -1) == 1 for places in strokes])
    return np.column_stack([np.concatenate(strokes), up])


def cluster_lines(strokes: list[Places], n: int) -> list[list[Places]]:
    """Sort strokes into n lines of writing, top first; raises UserError where n are not seen.

    Seen from along the lines, the middles of strokes are dense at each line and rare between two.
    A stroke is of the line whose hill of density it lies on. Dots and crosses don't make hills;
    they lie above what they belong to, so a line begins nearer to the line above for them.
    """
    middle, height = project(strokes, estimate_slope(strokes))
    typical = weighted_height(height)
    tall = height >= TALL * typical
    seen = [density_peaks(middle[tall], blur * typical) for blur in BLURS]
    tops, valleys = next(((t, v) for t, v in seen if len(t) == n), seen[0])
    if len(tops) != n:
        raise UserError("text.mismatch", mismatch_message(len(tops), n))
    dots_from = tops[:-1] + DOTS * np.diff(tops)
    place = np.where(tall, np.searchsorted(valleys, middle), np.searchsorted(dots_from, middle))
    return [[strokes[i] for i in np.flatnonzero(place == k)] for k in range(n)]


def project(strokes: list[Places], slope: float) -> tuple[Places, Places]:
    """Measure strokes across lines of a slope dy/dx: their middles (K) and heights (K)."""
    x, y = np.concatenate(strokes).T
    starts = np.cumsum([0] + [len(places) for places in strokes[:-1]])
    down = y - slope * x
    top, foot = np.minimum.reduceat(down, starts), np.maximum.reduceat(down, starts)
    return (top + foot) / 2, foot - top


def weighted_height(height: Places) -> float:
    """Average heights (K), each as heavy as it is tall, so that dots don't count."""
    return float((height @ height) / max(height.sum(), 1e-300))


def estimate_slope(strokes: list[Places]) -> float:
    """Find the slope dy/dx of the lines: that from along which strokes are flat and lie close."""
    if len(strokes) > MAX_SAMPLED_STROKES:
        strokes = strokes[:: -(-len(strokes) // MAX_SAMPLED_STROKES)]
    return float(max(sorted(TILTS, key=abs), key=lambda slope: density_score(strokes, slope)))


def density_score(strokes: list[Places], slope: float) -> float:
    """Weigh a slope s: exp(-s²/2S²) sum_ij w_i w_j N(m_i - m_j; 2σ²), the squared density."""
    middle, height = project(strokes, slope)
    width = max(BLURS[0] * weighted_height(height), 1e-9 * np.ptp(middle), 1e-12)
    apart = (middle[:, None] - middle) / width
    likely = np.exp(-((slope / LIKELY_TILT) ** 2) / 2)
    return float(likely * (height @ np.exp(-(apart**2) / 4) @ height) / width)


def density_peaks(middle: Places, width: float) -> tuple[Places, Places]:
    """Find where strokes are dense, blurred by a width: the tops, the valleys between them."""
    low, high = middle.min() - 3 * width, middle.max() + 3 * width
    count, edges = np.histogram(middle, GRID, (low, high) if high > low else None)
    step = edges[1] - edges[0]
    reach = min(int(5 * width / step) + 1, GRID // 2 - 1)
    kernel = np.exp(-((np.arange(-reach, reach + 1) * step / max(width, step)) ** 2) / 2)
    density = np.convolve(count, kernel, mode="same")
    rises = np.diff(density) > 0
    tops = np.flatnonzero(rises[:-1] & ~rises[1:]) + 1
    tops = tops[density[tops] > FAINT * density.max()]
    valleys = [a + int(density[a:b].argmin()) for a, b in pairwise(tops)]
    return edges[tops] + step / 2, edges[valleys] + step / 2


# --- JSON ---


def json_drawings(data: bytes) -> list[StrokeGroup]:
    """List the drawings of a JSON file; raises UserError."""
    try:
        found = json.loads(data)
    except RecursionError:
        raise UserError(
            "input.damaged", "its brackets are nested too deeply; write it as the card says"
        ) from None
    except ValueError as error:
        raise UserError(
            "input.damaged", f"it is no JSON: {error}; mend it or save it again"
        ) from error
    match found:
        case {"lines": [*lines]} if lines:
            check_line_count(len(lines))
            return [json_drawing(one, True) for one in lines]
        case {"strokes": _} | [*_]:
            return [json_drawing(found, False)]
    raise UserError(
        "input.damaged",
        'it has neither "lines" nor "strokes"; write {"strokes": [[[x, y], ...], ...]}',
    )


def json_drawing(found: object, is_line: bool) -> StrokeGroup:
    """Read the strokes of a drawing, and its text if it has one."""
    record = found if is_line or isinstance(found, dict) else {"strokes": found}
    if isinstance(record, dict):
        strokes, text = record.get("strokes"), record.get("text")
        if isinstance(strokes, list) and isinstance(text, str | None):
            return StrokeGroup([json_stroke(one) for one in strokes if one != []], text, is_line)
    raise UserError(
        "input.damaged",
        f'{quote(found)} is no line; write {{"text": "...", "strokes": [[[x, y], ...]]}}',
    )


def json_stroke(found: object) -> Places:
    """Read the points of a stroke."""
    if not isinstance(found, list):
        raise UserError(
            "input.damaged", f"{quote(found)} is no stroke; write [[x, y], [x, y], ...]"
        )
    return np.array([json_place(point) for point in found], np.float64)


def json_place(point: object) -> tuple[float, float]:
    """Read a point, without its time and pressure."""
    match point:
        case [x, y, *_] | {"x": x, "y": y} if is_number(x) and is_number(y):
            return x, y
    raise UserError(
        "input.damaged", f"{quote(point)} is no point; write [x, y] in numbers up to {LARGEST:g}"
    )


def is_number(value: object) -> TypeGuard[float]:
    """Tell numbers that a coordinate can be from all else that JSON holds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST


def quote(found: object) -> str:
    """Quote the beginning of what was found."""
    text = json.dumps(found)
    return text if len(text) <= 40 else f"{text[:40]}..."


# --- SVG and InkML ---


def xml_strokes(data: bytes) -> list[Places]:
    """List the strokes of an SVG or InkML file; raises UserError."""
    if b"<!DOCTYPE" in data.replace(b"\0", b""):  # entities that grow without end begin so
        raise UserError(
            "input.content", "it has a <!DOCTYPE ...>, which is not read; delete that line of it"
        )
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UserError(
            "input.damaged", f"it is no XML: {error}; mend it or save it again"
        ) from error
    match svg_strokes.local_name(root):
        case "svg":
            return svg_strokes.svg_strokes(root)
        case "ink":
            return inkml_strokes(root)
    raise UserError(
        "input.kind",
        f"it is XML of a kind <{svg_strokes.local_name(root)[:40]}>; save the strokes as SVG"
        " or InkML",
    )


def inkml_strokes(root: Element) -> list[Places]:
    """List the traces of an InkML file that were drawn with the pen down; raises UserError."""
    formats = [e for e in root.iter() if svg_strokes.local_name(e) == "traceFormat"]
    orders = {channels(one) for one in formats} or {("X", "Y")}
    if len(orders) > 1:
        raise UserError(
            "input.content", "its traces have channels of several formats; save them in one"
        )
    (order,) = orders
    if not {"X", "Y"} <= {name.strip("-") for name in order}:
        raise UserError(
            "input.content", f"its channels are {', '.join(order)[:80]}; X and Y must be among them"
        )
    traces = [
        e for e in root.iter() if svg_strokes.local_name(e) == "trace" and e.get("type") != "penUp"
    ]
    return [parse_trace(e.text, order) for e in traces if e.text and e.text.strip()]


def channels(form: Element) -> tuple[str, ...]:
    """Name the channels of a trace format in their order, with a - where they run backwards."""
    found = [e for e in form.iter() if svg_strokes.local_name(e) == "channel"]
    return tuple("-" * (e.get("orientation") == "-ve") + e.get("name", "?") for e in found)


def parse_trace(text: str, order: tuple[str, ...]) -> Places:
    """Read the points of a trace, apart by commas, from channels in an order; raises UserError."""
    names = [name.strip("-") for name in order]
    columns = [names.index("X"), names.index("Y")]
    signs = [-1 if order[column].startswith("-") else 1 for column in columns]
    rows = [re.findall(TOKEN, row) for row in text.strip().rstrip(",").split(",")]
    if re.sub(rf"{TOKEN}|[\s,]", "", text) or min(map(len, rows)) <= max(columns):
        raise UserError(
            "input.damaged",
            f"the trace {text.strip()[:40]!r} is none; write a number for each channel and"
            " a comma between points",
        )
    return (
        np.column_stack([decode_channel([row[column] for row in rows]) for column in columns])
        * signs
    )


def decode_channel(tokens: list[tuple[str, str]]) -> list[float]:
    """Turn the values of a channel into places (InkML, 4.2.1): ! is one, ' a step, " a step's step.

    A mark holds until the next one, and * stands for a place that stays.
    """
    made: list[float] = []
    kind, at, step = "!", 0.0, 0.0
    for mark, value in tokens:
        kind = mark or kind
        number = float(value) if value not in "*?TF" else 0.0 if value == "*" else np.nan
        if value == "*":
            step = 0.0
        elif kind == "!":
            at, step = number, 0.0
        else:
            step = number + (step if kind == '"' else 0.0)
            at += step
        made.append(at)
    return made
