"""Which files a run over many is about: files, folders, patterns and lists, one after the other.

    album                    all files of a folder and of those below it
    s3://photos/1925         the same of a store
    "album/**/*.jpg"         those that fit a pattern
    @files.txt               a file a line
    @pairs.jsonl             for verbs of several files: {"person": "a.mp4", "speech": "b.wav"}

What is made of a source is named by the source alone, whatever lies beside it: nothing but the
source at hand lies in memory, and a file that is added later changes no other's name.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from neuropil.contract import Verb
from neuropil.kit.errors import UserError
from neuropil.planning import own_stems
from neuropil.surfaces.cluster.addresses import (
    exists,
    is_address,
    is_folder,
    list_files,
    make_absolute,
    read_lines,
)

LIST = "@"
MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class MapSource:
    """What one job is about.

    names: of its files, as paths from the root or addresses
    place: folders and name of the first below the folder of results, "1925/old.jpg"
    error: why it can't be worked on, where its line of a list is none
    """

    names: tuple[str, ...]
    place: str
    error: str = ""


def find_sources(verb: Verb, words: Sequence[str], out: str) -> Iterator[MapSource]:
    """List all sources; raises UserError for a word that names nothing.

    out: folder of the results, which is left out
    """
    if len(verb.signature.inputs) > 1:
        yield from read_pairs(verb, words)
        return
    is_alone = len(words) == 1
    for word in words:
        if word.startswith(LIST):
            yield from read_list(word.removeprefix(LIST))
        elif is_pattern(word):
            yield from match_pattern(verb, word, out, is_alone)
        elif is_folder(word):
            yield from list_folder(verb, word, out, is_alone)
        else:
            yield MapSource((make_absolute(word),), place_file(word, is_alone))


def refuse_words(verb: Verb, words: Sequence[str]) -> None:
    """Refuse words that name no source, before any work: raises UserError."""
    several = [given.name for given in verb.signature.inputs]
    if not words:
        example = f"neuropil map {verb.command} album -o new"
        if len(several) > 1:
            example = f"neuropil map {verb.command} @list.jsonl -o new"
        raise UserError("input.required", f"name files, folders or @LIST, as in: {example}")
    for word in words:
        name = word.removeprefix(LIST)
        if not name or name == "-":
            raise UserError("input.required", f"{word!r} names no file; name a file or a folder")
        if len(several) > 1 and not word.startswith(LIST):
            line = json.dumps(dict.fromkeys(several, "FILE"))
            words_ = f"{verb.command} takes several files at once; name a list of lines {line}"
            raise UserError("input.kind", f"{words_}, as @list.jsonl")
        if not is_pattern(word) and not exists(name):
            what = "list" if word.startswith(LIST) else "file or folder"
            raise UserError("input.missing", f"there is no {what} {name}; check the name")


def is_pattern(word: str) -> bool:
    """Tell a pattern; a file whose name looks like one is that file."""
    return bool(MAGIC.search(word)) and (is_address(word) or not Path(word).exists())


# --- folders, patterns, files --------------------------------------------------------------------


def list_folder(verb: Verb, root: str, out: str, is_alone: bool) -> Iterator[MapSource]:
    """List what a verb reads of a folder: our own results and those of this run left out."""
    (given,) = verb.signature.inputs
    known = {suffix for kind in given.types for suffix in kind.READS}  # type: ignore[attr-defined]
    ours, base = own_stems(verb.app), make_absolute(root)
    for name in list_files(base):
        path = PurePosixPath(name)
        is_wanted = path.suffix.lower() in known and not ours.search(path.stem)
        if is_wanted and not name.startswith(f"{out}/"):
            inside = name.removeprefix(base).lstrip("/")
            yield MapSource(
                (name,), inside if is_alone else place_file(f"{root.rstrip('/')}/{inside}")
            )


def match_pattern(verb: Verb, pattern: str, out: str, is_alone: bool) -> Iterator[MapSource]:
    """List the files of a folder that fit a pattern, in which ** stands for any folders."""
    from fsspec.utils import glob_translate

    parts = pattern.split("/")
    first = next(i for i, part in enumerate(parts) if MAGIC.search(part))
    root = "/".join(parts[:first]) or ("/" if pattern.startswith("/") else ".")
    fits = re.compile(glob_translate("/".join(parts[first:])))
    base = make_absolute(root)
    for source in list_folder(verb, root, out, is_alone):
        if fits.match(source.names[0].removeprefix(base).lstrip("/")):
            yield source


def place_file(name: str, is_alone: bool = False) -> str:
    """Place what is made of a file: one alone at the top, of several each in its folders."""
    if is_alone:
        return PurePosixPath(name).name
    if is_address(name):
        return name.partition("://")[2].strip("/")
    plain = os.path.normpath(name)
    plain = make_absolute(name) if plain.startswith("..") else plain
    return Path(plain).as_posix().lstrip("/")


# --- lists ---------------------------------------------------------------------------------------


def read_list(name: str) -> Iterator[MapSource]:
    """Read a list of files, one a line; folders are kept as they are named."""
    for line in read_lines(name):
        if text := line.rstrip("\r\n"):
            yield MapSource((make_absolute(text),), place_file(text))


def read_pairs(verb: Verb, words: Sequence[str]) -> Iterator[MapSource]:
    """Read lists of what a verb of several files is to be done for, a JSON object a line."""
    taken: set[int] = set()
    for word in words:
        for number, line in enumerate(read_lines(word.removeprefix(LIST)), 1):
            if not line.strip():
                continue
            source = read_pair(verb, line, f"{word.removeprefix(LIST)}, line {number}")
            if hash(source.place) in taken and not source.error:
                words_ = f"{source.place} is the name of an earlier line's result too"
                source = MapSource(source.names, "", f"{words_}; rename one of the files")
            taken.add(hash(source.place))
            yield source


def read_pair(verb: Verb, line: str, where: str) -> MapSource:
    """Read one line; what can't be read is an error of its own."""
    wanted = [given.name for given in verb.signature.inputs]
    try:
        named = json.loads(line)
    except ValueError:
        named = None
    is_fit = isinstance(named, Mapping) and sorted(named) == sorted(wanted)
    if not is_fit or not all(isinstance(name, str) and name for name in named.values()):
        form = json.dumps(dict.fromkeys(wanted, "FILE"))
        return MapSource((where,), "", f"{where} is not of the form {form}")
    names = [named[each] for each in wanted]
    first, *others = (PurePosixPath(name).stem for name in names)
    stem = "-".join(dict.fromkeys([first, *others]))
    place = PurePosixPath(place_file(names[0])).with_name(f"{stem}{PurePosixPath(names[0]).suffix}")
    return MapSource(tuple(map(make_absolute, names)), str(place))
