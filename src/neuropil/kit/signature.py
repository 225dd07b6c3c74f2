"""What a call asks for, read off its signature and docstring, for the command line and the page.

    def __call__(self, photo: Image | Film, *, strength: Annotated[float, Between(0, 2)] = 1.0):
        '''Give a photograph its colors.

        photo: any picture or film
        strength: 0 leaves it grey
        '''

reads as one input, which takes an Image or a Film, and one option with a range and a text.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from neuropil.kit.between import Between
from neuropil.kit.errors import UserError
from neuropil.kit.sheet import Sheet


@dataclass(frozen=True)
class Also:
    """Another name that an option goes by."""

    name: str


@dataclass(frozen=True)
class Input:
    """Something that the call can't do without: its name, its types, and what it is."""

    name: str
    kinds: tuple[type, ...]
    text: str


@dataclass(frozen=True)
class Option:
    """Something that is told by name, and mostly has a default.

    kind: bool, int, float, str, Path, a class that has `parse` and `form`, or a media class
    also: another name that it goes by
    required: whether it has to be given all the same
    """

    name: str
    kind: Any
    default: Any
    text: str
    limits: Between | None = None
    choices: tuple[str, ...] = ()
    several: bool = False
    required: bool = False
    also: str = ""

    def value(self, given: Any) -> Any:
        """Turn what a person typed into what the call takes; raises UserError where it can't be."""
        if self.several:
            return tuple(self.kind.parse(text) for text in given)
        if given is None and self.required:
            form = getattr(self.kind, "form", "a number")
            raise UserError(
                "option.missing", f"--{self.name} is missing; it reads {form}", name=self.name
            )
        if given is not None and hasattr(self.kind, "parse"):
            return self.kind.parse(given)
        if given == "" and (self.kind is Path or hasattr(self.kind, "open")):
            raise UserError(
                "option.syntax",
                f'{self.name} is "", an empty name; name a file',
                name=self.name,
                value=given,
            )
        if given is not None and self.kind is not Path and hasattr(self.kind, "open"):
            return self.kind.open(Path(given))
        if self.choices and given not in self.choices:
            raise UserError(
                "option.choice",
                f"{self.name} is {given}; it is one of {', '.join(self.choices)}",
                name=self.name,
                value=given,
                possible=self.choices,
            )
        if given is None or isinstance(given, self.kind):
            return given
        try:
            number = self.kind(given)
        except ValueError:
            kind = "a whole number" if self.kind is int else "a number"
            raise UserError(
                "option.syntax",
                f"{self.name} is {given}; it takes {kind}{self.range}",
                name=self.name,
                value=given,
            ) from None
        if self.limits:
            self.limits.check(self.name, number)
        return number

    @property
    def range(self) -> str:
        """Word the limits, if there are any."""
        return f" from {self.limits.low:.15g} to {self.limits.high:.15g}" if self.limits else ""


@dataclass(frozen=True)
class Signature:
    """The whole of it; `summary` is the first line of the docstring."""

    summary: str
    inputs: tuple[Input, ...]
    options: tuple[Option, ...]


def read(call: Callable[..., Any]) -> Signature:
    """Read the signature of a method; its types must be known where it is defined."""
    hints = get_type_hints(call, include_extras=True)
    parameters = list(inspect.signature(call).parameters.values())[1:]  # without self
    summary, texts = _explained(call)
    inputs, options = [], []
    for parameter in parameters:
        hint, text = hints[parameter.name], texts.get(parameter.name, "")
        if parameter.default is parameter.empty and parameter.kind is not parameter.KEYWORD_ONLY:
            inputs.append(Input(parameter.name, _alternatives(hint), text))
        else:
            options.append(_option(parameter.name, hint, parameter.default, text))
    return Signature(summary, tuple(inputs), tuple(options))


def endings(call: Callable[..., Any]) -> list[str]:
    """List the endings of files that a call's result can be written to.

    They are known of media whose class has ENDINGS, alone or first in a dataclass.
    """
    found: list[str] = []
    for kind in _alternatives(get_type_hints(call)["return"]):
        fields = get_type_hints(kind).values() if is_dataclass(kind) else ()
        held = [each for hint in (kind, *fields) for each in _alternatives(hint)]
        media = [each for each in held if hasattr(each, "ENDINGS")]
        found += media[0].ENDINGS if media else ()
        found += [".txt"] if media and Sheet in held else []  # a text that stands beside them
    return found


def makes_media(call: Callable[..., Any]) -> bool:
    """Tell whether a call's result is, or holds, something that can be written to a file."""
    for kind in _alternatives(get_type_hints(call)["return"]):
        fields = get_type_hints(kind).values() if is_dataclass(kind) else ()
        held = [part for hint in fields for part in (*_alternatives(hint), *get_args(hint))]
        if any(hasattr(each, "save") for each in (kind, *held)):
            return True
    return False


def pictures(call: Callable[..., Any]) -> list[str]:
    """List the fields of a call's result that hold something to look at beside the thing itself."""
    found: list[str] = []
    for kind in _alternatives(get_type_hints(call)["return"]):
        hints = get_type_hints(kind) if is_dataclass(kind) else {}
        media = [
            name
            for name, hint in hints.items()
            if any(hasattr(each, "save") for each in _alternatives(hint))
        ]
        found += media[1:]
    return found


def _option(name: str, hint: Any, default: Any, text: str) -> Option:
    extras: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        extras = tuple(rest)
    limits = next((extra for extra in extras if isinstance(extra, Between)), None)
    also = next((extra.name for extra in extras if isinstance(extra, Also)), "")
    if get_origin(hint) is tuple:
        return Option(name, get_args(hint)[0], default, text, several=True, also=also)
    hint = next((kind for kind in _alternatives(hint) if kind is not NoneType), hint)
    if default is inspect.Parameter.empty:
        return Option(name, hint, None, text, limits, required=True)
    if get_origin(hint) is Literal:
        return Option(name, str, default, text, choices=get_args(hint))
    return Option(name, hint, default, text, limits)


def _alternatives(hint: Any) -> tuple[type, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _explained(call: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Take a docstring apart: its first line, and the text of every `name: text` in it."""
    lines = (inspect.getdoc(call) or "").splitlines()
    texts: dict[str, str] = {}
    name = ""
    for line in lines[1:]:
        if match := re.match(r"(\w+): (.*)", line):
            name, texts[match[1]] = match[1], match[2]
        elif name and line.startswith(" "):
            texts[name] += f" {line.strip()}"
        else:
            name = ""
    return (lines[0] if lines else ""), texts
