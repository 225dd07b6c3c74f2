"""What a call hands back, taken apart: the thing itself, the pictures beside it, the numbers."""

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Media(Protocol):
    """Anything that can be written to a file: a picture, a film, a sheet, a drawing, a style."""

    @property
    def endings(self) -> Collection[str]:
        """List the endings of files that it can be written to, the usual one first."""

    def save(self, path: Path, *, quality: int) -> None:
        """Write a file; `quality` is of pictures and films."""


@dataclass(frozen=True)
class Parts:
    """The parts of a result.

    beside: further media by the name that tells them apart: `confidence`, `alternatives-1`
    rest: whatever is no media, by the name of its field
    """

    main: Media | None
    beside: dict[str, Media] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)


def parts(result: Any) -> Parts:
    """Take a media value apart, or a dataclass, whose first media field is the thing itself."""
    if isinstance(result, Media):
        return Parts(result)
    main: Media | None = None
    beside: dict[str, Media] = {}
    rest: dict[str, Any] = {}
    for name, value in ((f.name, getattr(result, f.name)) for f in dataclasses.fields(result)):
        if isinstance(value, Media) and main is None:
            main = value
        elif isinstance(value, Media):
            beside[name] = value
        elif isinstance(value, tuple) and any(isinstance(item, Media) for item in value):
            beside |= {f"{name}-{number}": item for number, item in enumerate(value, 1)}
        elif value is not None and value != ():
            rest[name] = value
    return Parts(main, beside, rest)


def plain(value: Any) -> Any:
    """Turn a value into what JSON can hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value if isinstance(value, bool | int | str) or value is None else float(value)


def worded(value: Any) -> bool:
    """Tell a value that has words of its own."""
    return dataclasses.is_dataclass(value) and type(value).__str__ is not object.__str__


def said(value: Any) -> str:
    """Word a value: `0.25`, or `120,80 33,44` for two places; texts have a line each."""
    if worded(value):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return ",".join(said(getattr(value, f.name)) for f in dataclasses.fields(value))
    if isinstance(value, list | tuple):
        is_text = all(isinstance(item, str) for item in value)
        between = ", " if all(map(worded, value)) else " "
        return "".join(f"\n  {t}" for t in value) if is_text else between.join(map(said, value))
    if isinstance(value, dict):
        return " ".join(f"{key}={said(item)}" for key, item in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
