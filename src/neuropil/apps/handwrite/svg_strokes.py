"""Strokes of an SVG drawing: what the pen did, where others would see a picture.

    n  points of a stroke

Read are <path>, <polyline>, <line>, <polygon>, and <circle> as a dot, with the transforms and the
looks of the groups they stand in (W3C, Scalable Vector Graphics 1.1). Curves become short lines.
What is filled and has no stroke is an area, and the way that the pen went is not in it.
"""

import re
from cmath import exp
from collections.abc import Callable, Iterator
from math import radians, tan
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.errors import UserError

Places = NDArray[np.float64]  # (n, 2): x, y of one stroke
Path = list[complex]  # x + iy of one stroke
Rules = dict[str, dict[str, str]]  # selector -> what it declares

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
CURVED = tuple(i / 16 for i in range(1, 17))  # where a curve is cut into short lines
LARGEST = 1e12  # what a number can be
MOST_POINTS = 500_000  # of a recording; ten lines at 240 points a second have a fourth

NOT_RENDERED = {"defs", "symbol", "clipPath", "mask", "marker", "pattern", "style", "metadata"}
LOOK = {"fill", "stroke", "display"}
TRANSPARENT = {"none", "transparent"}
WHITE = {"white", "#fff", "#ffffff", "rgb(255,255,255)", "rgb(100%,100%,100%)"}


def svg_strokes(root: Element) -> list[Places]:
    """List the strokes of an SVG as they are seen; raises UserError where one is filled only."""
    return merge_touching(iterate_strokes(root))


def iterate_strokes(root: Element) -> Iterator[Places]:
    """Draw the elements of an SVG in their order, moved as the groups they stand in."""
    rules, total = css_rules(root), 0
    waiting = [(root, np.eye(3), {"fill": "black", "stroke": "none"})]
    while waiting:
        element, before, around = waiting.pop()
        kind, look = local_name(element), around | resolve_style(element, rules)
        if kind in NOT_RENDERED or look.get("display") == "none":
            continue
        move = before @ parse_transform(element.get("transform", ""))
        waiting += [(child, move, look) for child in reversed(element)]
        if kind in SHAPES and not is_background(kind, look):
            for stroke in SHAPES[kind](element):
                places = np.array([[z.real, z.imag, 1] for z in stroke])
                if not np.abs(places).max() < LARGEST:
                    raise UserError(
                        "input.content", f"a number of it is larger than {LARGEST:g}; save it again"
                    )
                total += len(stroke)
                check_points(total)
                yield (places @ move.T)[:, :2]


def check_points(n: int) -> None:
    """Raise UserError where a recording has more points than anybody writes."""
    if n > MOST_POINTS:
        raise UserError(
            "input.too_large",
            f"it has more than {MOST_POINTS} points; keep fewer lines or fewer points",
            high=MOST_POINTS,
        )


def is_background(kind: str, look: dict[str, str]) -> bool:
    """Tell white areas, which are the paper, from strokes; raises UserError for other areas."""
    if look["stroke"] not in TRANSPARENT or kind in ("line", "circle"):
        return False
    if look["fill"] in TRANSPARENT or look["fill"] in WHITE:
        return True
    raise UserError(
        "input.content",
        f"a <{kind}> of it is filled and has no stroke, so it is an outline and not what the pen "
        'did; save the strokes as lines, with fill="none" and a stroke',
    )


def resolve_style(element: Element, rules: Rules) -> dict[str, str]:
    """Find the fill, stroke and display of an element: attributes, rules, then its own style."""
    classes = [f".{name}" for name in element.get("class", "").split()]
    look = filter_properties(dict(element.items()))
    for selector in ("*", local_name(element), *classes, f"#{element.get('id')}"):
        look |= rules.get(selector, {})
    return look | parse_declarations(element.get("style", ""))


def css_rules(root: Element) -> Rules:
    """List the selectors of the style sheets, each with its declarations."""
    rules: Rules = {}
    for sheet in (e.text or "" for e in root.iter() if local_name(e) == "style"):
        for rule in re.sub(r"/\*.*?(?:\*/|\Z)", "", sheet, flags=re.DOTALL).split("}"):
            selectors, _, style = rule.partition("{")
            for selector in selectors.split(","):
                rules.setdefault(selector.strip(), {}).update(parse_declarations(style))
    return rules


def parse_declarations(style: str) -> dict[str, str]:
    """Read the declarations of a style, apart by semicolons."""
    pairs = (each.partition(":") for each in style.split(";"))
    return filter_properties({name.strip(): value for name, _, value in pairs})


def filter_properties(look: dict[str, str]) -> dict[str, str]:
    """Keep what makes a stroke seen, as a bare word each."""
    bare = {k: v.replace("!important", "").strip().lower() for k, v in look.items() if k in LOOK}
    return {k: v for k, v in bare.items() if v not in ("inherit", "")}


def parse_transform(text: str) -> Places:
    """Multiply the moves of a transform to one matrix (3, 3); raises UserError."""
    whole = np.eye(3)
    for name, inside in re.findall(r"\b(\w+)\s*\(([^()]*)\)", text):
        whole = whole @ np.array(
            [*np.reshape(transform_coefficients(name, numbers(inside)), (3, 2)).T, (0, 0, 1)]
        )
    return whole


def transform_coefficients(name: str, n: list[float]) -> list[float]:
    """Spell a move as the six numbers a to f of SVG's matrix(); raises UserError."""
    match name, n:
        case "matrix", [_, _, _, _, _, _]:
            return n
        case "translate", [x, *y] if len(y) < 2:
            return [1, 0, 0, 1, x, sum(y)]
        case "scale", [x, *y] if len(y) < 2:
            return [x, 0, 0, y[0] if y else x, 0, 0]
        case "rotate", [angle, *center] if len(center) in (0, 2):
            turn, c = exp(1j * radians(angle)), complex(*center)
            left = c - turn * c
            return [turn.real, turn.imag, -turn.imag, turn.real, left.real, left.imag]
        case "skewX", [angle]:
            return [1, 0, tan(radians(angle)), 1, 0, 0]
        case "skewY", [angle]:
            return [1, tan(radians(angle)), 0, 1, 0, 0]
    raise UserError(
        "input.damaged",
        f"{name[:40]} of {len(n)} numbers is no transform; save it without transforms",
    )


def merge_touching(strokes: Iterator[Places]) -> list[Places]:
    """Join strokes that begin where the one before ended: programs save a stroke in pieces."""
    made: list[list[Places]] = []
    for stroke in strokes:
        if made and (made[-1][-1][-1] == stroke[0]).all():
            made[-1].append(stroke[1:])
        else:
            made.append([stroke])
    return [np.concatenate([one for one in parts if len(one)]) for parts in made]


def polygon_points(element: Element) -> list[Path]:
    """Read the corners of a polyline or polygon, which ends where it began."""
    n = numbers(element.get("points", ""))
    made = [complex(x, y) for x, y in zip(n[::2], n[1::2], strict=False)]
    return [made + made[:1] * (local_name(element) == "polygon")] if made else []


def line_points(element: Element) -> list[Path]:
    """Read the ends of a line, or of a dot, which are both its center."""
    names = ("cx", "cy") * 2 if local_name(element) == "circle" else ("x1", "y1", "x2", "y2")
    x, y, *end = (length(element.get(name, "0")) for name in names)
    return [[complex(x, y), complex(*end)]]


def length(text: str) -> float:
    """Read a length in pixels; raises UserError."""
    found = numbers(text.strip().removesuffix("px"))
    if len(found) != 1:
        raise UserError("input.damaged", f"{text[:40]!r} is no length; write one number, in pixels")
    return found[0]


def path_strokes(element: Element) -> list[Path]:
    """Follow the data of a path: a stroke for each time the pen is put down."""
    from svg.path import Close, Line, Move, parse_path

    data = element.get("d", "")
    try:
        segments = parse_path(data)
    except (ValueError, IndexError, TypeError, ArithmeticError) as error:  # whatever it may be
        raise UserError(
            "input.damaged", f"the path {data[:40]!r} can't be followed; save it again"
        ) from error
    made: list[Path] = []
    down = False
    for number, segment in enumerate(segments):
        check_points(number)
        if isinstance(segment, Move):
            down = False
            continue
        made += [] if down else [[segment.start]]
        straight = isinstance(segment, Line | Close)
        made[-1] += [segment.end] if straight else [segment.point(t) for t in CURVED]
        down = not isinstance(segment, Close)
    return made


def local_name(element: Element) -> str:
    """Name an element without its namespace."""
    return element.tag.rpartition("}")[2]


def numbers(text: str) -> list[float]:
    """Read numbers apart by spaces, commas or signs; raises UserError."""
    if re.sub(rf"{NUMBER}|[\s,]", "", text):
        raise UserError(
            "input.damaged", f"{text.strip()[:40]!r} are no numbers; mend it or save it again"
        )
    found = [float(number) for number in re.findall(NUMBER, text)]
    if any(abs(number) > LARGEST for number in found):
        raise UserError(
            "input.content", f"a number of it is larger than {LARGEST:g}; mend it or save it again"
        )
    return found


SHAPES: dict[str, Callable[[Element], list[Path]]] = {
    "path": path_strokes,
    "polyline": polygon_points,
    "polygon": polygon_points,
    "line": line_points,
    "circle": line_points,
}
