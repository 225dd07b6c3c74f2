"""Strokes of an SVG drawing: what the pen did, where others would see a picture.

    n  points of a stroke

Read are <path>, <polyline>, <line>, <polygon>, and <circle> as a dot, with the transforms and the
looks of the groups they stand in (W3C, Scalable Vector Graphics 1.1). Curves become short lines.
What is filled and has no stroke is an area, and the way that the pen went is not in it.
"""

import re
from cmath import exp, phase
from collections.abc import Callable, Iterator
from math import comb, pi, radians, sqrt, tan
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.problem import Problem

Places = NDArray[np.float64]  # (n, 2): x, y of one stroke
Path = list[complex]  # x + iy of one stroke
Rules = dict[str, dict[str, str]]  # selector -> what it declares

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "Z": 0}
# the two flags of an arc may stand without a space; (?>...) never gives a digit of a number back
ARC = re.compile(
    r"[\s,]*" + r"[\s,]*".join([rf"((?>{NUMBER}))"] * 3 + ["([01])"] * 2 + [rf"((?>{NUMBER}))"] * 2)
)
PIECES = 16  # short lines of a curve
LARGEST = 1e12  # what a number can be
MOST_POINTS = 500_000  # of a recording; ten lines at 240 points a second have a fourth

UNSEEN = {"defs", "symbol", "clipPath", "mask", "marker", "pattern", "style", "metadata"}
LOOK = {"fill", "stroke", "display"}
CLEAR = {"none", "transparent"}
WHITE = {"white", "#fff", "#ffffff", "rgb(255,255,255)", "rgb(100%,100%,100%)"}


def strokes(root: Element) -> list[Places]:
    """List the strokes of an SVG as they are seen; raises Problem where one is filled only."""
    return joined(drawn(root))


def drawn(root: Element) -> Iterator[Places]:
    """Draw the elements of an SVG in their order, moved as the groups they stand in."""
    rules, total = css_rules(root), 0
    waiting = [(root, np.eye(3), {"fill": "black", "stroke": "none"})]
    while waiting:
        element, before, around = waiting.pop()
        kind, look = local(element), around | appearance(element, rules)
        if kind in UNSEEN or look.get("display") == "none":
            continue
        move = before @ matrix(element.get("transform", ""))
        waiting += [(child, move, look) for child in reversed(element)]
        if kind in SHAPES and not on_paper(kind, look):
            for stroke in SHAPES[kind](element):
                places = np.array([[z.real, z.imag, 1] for z in stroke])
                total += len(stroke)
                check_points(total)
                yield (places @ move.T)[:, :2]


def check_points(n: int) -> None:
    """Raise Problem where a recording has more points than anybody writes."""
    if n > MOST_POINTS:
        raise Problem(f"it has more than {MOST_POINTS} points; keep fewer lines or fewer points")


def on_paper(kind: str, look: dict[str, str]) -> bool:
    """Tell white areas, which are the paper, from strokes; raises Problem for other areas."""
    if look["stroke"] not in CLEAR or kind in ("line", "circle"):
        return False
    if look["fill"] in CLEAR or look["fill"] in WHITE:
        return True
    raise Problem(
        f"a <{kind}> of it is filled and has no stroke, so it is an outline and not what the pen "
        'did; save the strokes as lines, with fill="none" and a stroke'
    )


def appearance(element: Element, rules: Rules) -> dict[str, str]:
    """Find the fill, stroke and display of an element: attributes, rules, then its own style."""
    classes = [f".{name}" for name in element.get("class", "").split()]
    look = tidy(dict(element.items()))
    for selector in ("*", local(element), *classes, f"#{element.get('id')}"):
        look |= rules.get(selector, {})
    return look | declared(element.get("style", ""))


def css_rules(root: Element) -> Rules:
    """List the selectors of the style sheets, each with its declarations."""
    rules: Rules = {}
    for sheet in (e.text or "" for e in root.iter() if local(e) == "style"):
        for rule in re.sub(r"/\*.*?(?:\*/|\Z)", "", sheet, flags=re.DOTALL).split("}"):
            selectors, _, style = rule.partition("{")
            for selector in selectors.split(","):
                rules.setdefault(selector.strip(), {}).update(declared(style))
    return rules


def declared(style: str) -> dict[str, str]:
    """Read the declarations of a style, apart by semicolons."""
    pairs = (each.partition(":") for each in style.split(";"))
    return tidy({name.strip(): value for name, _, value in pairs})


def tidy(look: dict[str, str]) -> dict[str, str]:
    """Keep what makes a stroke seen, as a bare word each."""
    bare = {k: v.replace("!important", "").strip().lower() for k, v in look.items() if k in LOOK}
    return {k: v for k, v in bare.items() if v not in ("inherit", "")}


def matrix(text: str) -> Places:
    """Multiply the moves of a transform to one matrix (3, 3); raises Problem."""
    whole = np.eye(3)
    for name, inside in re.findall(r"\b(\w+)\s*\(([^()]*)\)", text):
        whole = whole @ np.array(
            [*np.reshape(one_move(name, numbers(inside)), (3, 2)).T, (0, 0, 1)]
        )
    return whole


def one_move(name: str, n: list[float]) -> list[float]:
    """Spell a move as the six numbers a to f of SVG's matrix(); raises Problem."""
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
    raise Problem(f"{name[:40]} of {len(n)} numbers is no transform; save it without transforms")


def joined(strokes: Iterator[Places]) -> list[Places]:
    """Join strokes that begin where the one before ended: programs save a stroke in pieces."""
    made: list[list[Places]] = []
    for stroke in strokes:
        if made and (made[-1][-1][-1] == stroke[0]).all():
            made[-1].append(stroke[1:])
        else:
            made.append([stroke])
    return [np.concatenate([one for one in parts if len(one)]) for parts in made]


def corners(element: Element) -> list[Path]:
    """Read the corners of a polyline or polygon, which ends where it began."""
    n = numbers(element.get("points", ""))
    made = [complex(x, y) for x, y in zip(n[::2], n[1::2], strict=False)]
    return [made + made[:1] * (local(element) == "polygon")] if made else []


def ends(element: Element) -> list[Path]:
    """Read the ends of a line, or of a dot, which are both its center."""
    names = ("cx", "cy") * 2 if local(element) == "circle" else ("x1", "y1", "x2", "y2")
    x, y, *end = (length(element.get(name, "0")) for name in names)
    return [[complex(x, y), complex(*end)]]


def length(text: str) -> float:
    """Read a length in pixels; raises Problem."""
    found = numbers(text.strip().removesuffix("px"))
    if len(found) != 1:
        raise Problem(f"{text[:40]!r} is no length; write one number, in pixels")
    return found[0]


def pen_paths(element: Element) -> list[Path]:
    """Follow the data of a path: a stroke for each time the pen is put down."""
    made: list[Path] = []
    here = start = handle = 0j
    down, before = False, ""
    for number, (letter, n) in enumerate(commands(element.get("d", ""))):
        check_points(number)
        kind, base = letter.upper(), here if letter.islower() else 0j
        to = targets(kind, n, base, here) if n else [start]
        if kind in "ST":
            mirrored = before and before in ("CS" if kind == "S" else "QT")
            to = [2 * here - handle if mirrored else here, *to]
        if kind == "M":
            start, down = to[0], False
        else:
            made += [] if down else [[here]]
            made[-1] += arc(here, to[0], n) if kind == "A" else bezier([here, *to])
            down = kind != "Z"
        here, handle, before = to[-1], to[-2] if len(to) > 1 else here, kind
    return made


def targets(kind: str, n: list[float], base: complex, here: complex) -> Path:
    """List the places that a command names, the last of them where it ends."""
    if kind == "H":
        return [complex(base.real + n[0], here.imag)]
    if kind == "V":
        return [complex(here.real, base.imag + n[0])]
    pairs = n[5:] if kind == "A" else n
    return [base + complex(x, y) for x, y in zip(pairs[::2], pairs[1::2], strict=True)]


def commands(data: str) -> Iterator[tuple[str, list[float]]]:
    """Cut a path's data into commands with the numbers of each; raises Problem."""
    letters = "MmLlHhVvCcSsQqTtAaZz"
    if not re.fullmatch(rf"\s*(?:[Mm][^{letters}]*(?:[{letters}][^{letters}]*)*)?", data):
        raise Problem(f"the path {data[:40]!r} does not begin with M; save it again")
    for letter, rest in re.findall(rf"([{letters}])([^{letters}]*)", data):
        n = arc_numbers(rest) if letter in "Aa" else numbers(rest)
        many = ARGUMENTS.get(letter.upper(), 7)
        if (len(n) % many if many else n) or (many and not n):
            raise Problem(f"{letter}{rest[:40]} in a path has {len(n)} numbers; save it again")
        yield letter, n[:many]
        after = {"M": "L", "m": "l"}.get(letter, letter)  # more pairs after M are lines
        for i in range(many, len(n), many or 1):
            yield after, n[i : i + many]


def arc_numbers(text: str) -> list[float]:
    """Read the numbers of arcs, seven of each; raises Problem."""
    found: list[str] = []
    at = 0
    while arc := ARC.match(text, at):
        found += arc.groups()
        at = arc.end()
    return numbers(" ".join([*found, text[at:]]))


def bezier(control: Path) -> Path:
    """Follow a Bézier curve from its first control point: sum_i C(d, i) t^i (1 - t)^(d - i) p_i."""
    d = len(control) - 1
    if d == 1:
        return control[1:]
    t = np.arange(1, PIECES + 1) / PIECES
    places = sum(comb(d, i) * t**i * (1 - t) ** (d - i) * p for i, p in enumerate(control))
    return [complex(z) for z in np.asarray(places)]


def arc(here: complex, end: complex, n: list[float]) -> Path:
    """Follow an elliptic arc, as its center is found in SVG 1.1, appendix F.6.

    Turned and shrunk so that the ellipse is the unit circle, the arc goes from u to -u, and the
    center c is as far as sqrt(1 - |u|²) to one side of their middle.
    """
    rx, ry, turn = abs(n[0]), abs(n[1]), exp(1j * radians(n[2]))
    half = (here - end) / 2 / turn
    u = complex(half.real / rx, half.imag / ry) if rx and ry else 0j
    if not abs(u):
        return [end]
    size = max(1.0, abs(u))  # an ellipse too small to reach grows
    u /= size
    c = (-1j if n[3] != n[4] else 1j) * u / abs(u) * sqrt(max(0.0, 1 - abs(u) ** 2))
    angle = phase((-u - c) / (u - c)) % (2 * pi) - (0 if n[4] else 2 * pi)
    z = c + (u - c) * np.exp(1j * angle * np.arange(1, 2 * PIECES) / (2 * PIECES))
    places = (here + end) / 2 + size * turn * (rx * z.real + 1j * ry * z.imag)
    return [*(complex(place) for place in places), end]


def local(element: Element) -> str:
    """Name an element without its namespace."""
    return element.tag.rpartition("}")[2]


def numbers(text: str) -> list[float]:
    """Read numbers apart by spaces, commas or signs; raises Problem."""
    if re.sub(rf"{NUMBER}|[\s,]", "", text):
        raise Problem(f"{text.strip()[:40]!r} are no numbers; mend it or save it again")
    found = [float(number) for number in re.findall(NUMBER, text)]
    if any(abs(number) > LARGEST for number in found):
        raise Problem(f"a number of it is larger than {LARGEST:g}; mend it or save it again")
    return found


SHAPES: dict[str, Callable[[Element], list[Path]]] = {
    "path": pen_paths,
    "polyline": corners,
    "polygon": corners,
    "line": ends,
    "circle": ends,
}
