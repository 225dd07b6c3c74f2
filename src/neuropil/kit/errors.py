"""A user's mistake: a code for programs, and one sentence that says what to type instead."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from types import MappingProxyType

MAX_SUGGESTED = 3  # names at once
CODES: Mapping[str, str] = MappingProxyType(
    {
        "input.missing": "there is no file or folder of that name",
        "input.required": "no input is given, or its name is empty",
        "input.kind": "an input is of a kind or format that is not taken here",
        "input.damaged": "an input is damaged, cut off, or not what its name says",
        "input.empty": "an input holds nothing: zero bytes, no picture, no stroke, no text",
        "input.too_large": "an input has more pixels, bytes, points or lines than are allowed",
        "input.unreadable": "the operating system refuses to read an input",
        "input.address": "an input is a web address, a pipe or a device instead of a file",
        "input.no_text": "a picture has no text that can be found",
        "input.content": "an input can be read, but what it holds can't be used here",
        "option.range": "a number, an index, a place or a length lies outside its range",
        "option.choice": "a value is none of the possible ones",
        "option.syntax": "a value can't be read as what the option takes",
        "option.missing": "an option that is needed is not given",
        "option.conflict": "options exclude each other, mean nothing here, or differ in number",
        "output.exists": "there is such a file already, and it is not to be overwritten",
        "output.ending": "the ending of the name is none that the result can be written to",
        "output.place": "nothing can be written in that place",
        "output.same_as_input": "the output is an input, which is kept",
        "output.collision": "several results would be written to one file",
        "output.content": "the chosen format can't hold what is to be written",
        "job.damaged": "a job can't be read, or written down",
        "disk.full": "the disk has no room for the output",
        "network.damaged": "a file is no network, is damaged, or calculates no numbers",
        "network.mismatch": "a network is made for other work, or of another form",
        "network.inputs": "the given inputs don't fit the network",
        "network.unknown_tensor": "the network has no tensor of that name",
        "network.no_neuron": "a unit can't be opened: no neuron that is known made it",
        "name.unknown": "there is no application, recipe, style or class of that name",
        "name.unsupported": "the application has nothing of the kind: network, training, ...",
        "text.unwritable": "a text has characters that can't be written",
        "text.mismatch": "a text and the strokes of a recording don't fit each other",
        "data.missing": "data to train or measure on are not there, or too few",
        "training.checkpoint": "there is no checkpoint to resume, or it is damaged",
        "training.folder_taken": "the folder holds a training already",
        "training.other_recipe": "the checkpoint was made by another recipe or other numbers",
        "training.setting": "a setting of a recipe is unknown, unreadable or out of range",
        "dependency.missing": "a library, a GPU or a screen that is needed is not there",
    }
)

FAILURES: Mapping[str, str] = MappingProxyType(  # further codes, of what no UserError says
    {
        "usage": "a command line that can't be read: an unknown option, a value that is missing",
        "cancelled": "stopped by Ctrl-C, a signal, or whoever gave the job",
        "memory": "there is too little memory",
        "machine": "the operating system refused something that could not be foreseen",
        "internal": "a fault of the package",
    }
)


class UserError(ValueError):
    """A mistake that a person can mend; whatever else is raised is a fault of ours.

    code: one of CODES, for programs and tests
    message: one sentence for people, which may be reworded at any time
    facts: what the sentence was made of, for programs: name, value, low, high, possible, path
    """

    def __init__(self, code: str, message: str, **facts: object) -> None:
        if code not in CODES:
            raise KeyError(f"{code!r} is not in neuropil.kit.errors.CODES")
        super().__init__(message)
        self.code = code
        self.message = message
        self.facts: Mapping[str, object] = facts

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle code, message and facts, so that the error crosses processes whole."""
        return type(self), (self.code, self.message), self.__dict__

    def wrap(self, message: str, path: Path) -> "UserError":
        """Return the same mistake in other words, as one that was found in the file at `path`."""
        error = UserError(self.code, message)
        error.facts = {**self.facts, "path": path}
        return error


def suggest(word: str, among: Iterable[str]) -> str:
    """Word the nearest of what is possible as a question, or nothing where none is near.

    Names that hold all the words that were typed are nearer than those that are spelled alike.
    """
    names = list(dict.fromkeys(among))
    near = find_holding(word, names) or find_alike(word, names)
    *others, last = near or [""]
    either = f"{', '.join(others)} or {last}" if others else last
    return f" (did you mean {either}?)" if near else ""


def find_holding(word: str, names: Sequence[str]) -> list[str]:
    """Find the first names that hold what was typed as whole words: crane in crane (bird)."""
    typed = split_words(word)
    return [name for name in names if typed and typed <= split_words(name)][:MAX_SUGGESTED]


def split_words(name: str) -> set[str]:
    """Take a name apart into words of small letters and digits."""
    return set(re.findall(r"[^\W_]+", name.casefold()))


def find_alike(word: str, names: Sequence[str]) -> list[str]:
    """Find the name that is spelled most like a word, swapped letters before others."""
    typed = word.casefold()
    folded = {name.casefold(): name for name in names}
    near = get_close_matches(typed, list(folded), n=MAX_SUGGESTED)

    def likeness(name: str) -> tuple[float, bool]:
        return SequenceMatcher(None, name, typed).ratio(), sorted(name) == sorted(typed)

    return [folded[max(near, key=likeness)]] if near else []


def say_install(extra: str) -> str:
    """Say what to type to have the libraries of an extra, of the package and in a clone."""
    return f'pip install "neuropil[{extra}]", in a clone pip install ".[{extra}]"'


def require_ending(path: Path, possible: Collection[str]) -> None:
    """Raise UserError where a name doesn't end as what is to be written, in any case of letters."""
    if path.suffix.lower() not in possible:
        raise wrong_ending(path, possible)


def wrong_ending(path: Path, possible: Collection[str]) -> UserError:
    """Word that a name doesn't end as what is to be written."""
    words = f"{path} can't be written; end the name in {', '.join(possible)}"
    return UserError("output.ending", words, path=path, possible=tuple(possible))


def escape_control(text: str) -> str:
    """Write line ends and other control characters as Python does: one line stays one line."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def require_file(path: Path, what: str) -> None:
    """Raise UserError where `path` can't hold a picture, a film, ... before anything is read."""
    try:
        if path.is_dir():
            raise UserError("input.kind", f"{path} is a folder; name a {what} in it", path=path)
        if not path.exists():
            raise UserError("input.missing", f"there is no file {path}; check the name", path=path)
        if not path.is_file():
            sentence = f"{path} is a pipe or a device; save the {what} to a file, and name it"
            raise UserError("input.address", sentence, path=path)
        if path.stat().st_size == 0:
            sentence = f"{path} is empty (zero bytes); find a whole copy"
            raise UserError("input.empty", sentence, path=path)
    except OSError as error:
        sentence = f"{path} can't be read: {error.strerror}"
        raise UserError("input.unreadable", sentence, path=path) from error
