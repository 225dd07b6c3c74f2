"""A user's mistake, said in one sentence: what was given, what is possible, what to type."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class Problem(ValueError):
    """A mistake that a person can mend; whatever else is raised is a fault of ours."""


def guess(word: str, among: Iterable[str]) -> str:
    """Word the nearest of what is possible as a question, or nothing where none is near."""
    names = {name.casefold(): name for name in among}
    near = get_close_matches(word.casefold(), list(names), n=1)
    return f" (did you mean {names[near[0]]}?)" if near else ""


def printable(text: str) -> str:
    """Write line ends and other control characters as Python does: one line stays one line."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def expect_file(path: Path, what: str) -> None:
    """Raise Problem where `path` can't hold a picture, a film, ... before anything is read."""
    try:
        if path.is_dir():
            raise Problem(f"{path} is a folder; name a {what} in it")
        if not path.exists():
            raise Problem(f"there is no file {path}; check the name")
        if not path.is_file():
            raise Problem(f"{path} is a pipe or a device; save the {what} to a file, and name it")
        if path.stat().st_size == 0:
            raise Problem(f"{path} is empty (zero bytes); find a whole copy")
    except OSError as error:
        raise Problem(f"{path} can't be read: {error.strerror}") from error
