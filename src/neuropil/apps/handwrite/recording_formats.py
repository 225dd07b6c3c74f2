"""Pen strokes out of JSON, SVG and InkML, told apart by their content.

K  strokes of a drawing
"""

import json
import re
from typing import NamedTuple, TypeGuard
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from neuropil.apps.handwrite import svg_strokes
from neuropil.apps.handwrite.svg_strokes import LARGEST, NUMBER, Places
from neuropil.kit.errors import UserError

MOST_LINES = 10
TOKEN = rf"(?:([!'\"])\s*)?({NUMBER}|[*?TF])"  # of InkML: how a value is meant, and the value


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


def check_line_count(n: int) -> None:
    """Raise UserError where there are more lines than a recording may have."""
    if n > MOST_LINES:
        raise UserError(
            "input.too_large",
            f"it has {n} lines, and 1 to {MOST_LINES} can be; keep the best",
            value=n,
            high=MOST_LINES,
        )


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
