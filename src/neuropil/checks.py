"""What can be refused before any work is done: options, inputs, settings, places of outputs.

    check(Job("colorize", ("old.jpg",), {"strength": 9}))    UserError: strength is 9; it lies ...

Nothing is opened but the list of what is there, and files whose ending doesn't tell what they are.
"""

import errno
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from neuropil import registry
from neuropil.contract import THREADS, Verb
from neuropil.job import Job, Settings
from neuropil.kit.errors import UserError, require_ending
from neuropil.kit.formats import MAX_PIXELS, QUALITIES, QUALITY
from neuropil.kit.networks.network import listed_files, require_network
from neuropil.kit.ranges import Range
from neuropil.signature import Input, Json, Option, Output

SETTINGS = (
    Option("quality", int, QUALITY, "quality of JPEG, WebP and films", QUALITIES),
    Option("max_pixels", int, MAX_PIXELS, "most pixels that a picture may have", Range(1, 10**12)),
    THREADS,
)

BYTES_OF_A_NAME = 255  # at most, on the file systems that are in use
NOUNS = {"image": "a picture", "film": "a film", "strokes": "a recording of strokes"}
FRAME_OF_A_FILM = "save one of its frames as PNG, and name that"


def takes_folder(given: Input) -> bool:
    """Tell an input that is a folder itself, not a file of many."""
    return any(getattr(kind, "IS_FOLDER", False) for kind in given.types)


def takes_files(verb: Verb) -> bool:
    """Tell a verb that is done for each of any number of files."""
    inputs = verb.signature.inputs
    return len(inputs) == 1 and not inputs[0].is_text and not takes_folder(inputs[0])


def is_divisible(verb: Verb) -> bool:
    """Tell a verb whose inputs are all files, so that many can be done beside each other."""
    inputs = verb.signature.inputs
    are_files = all(not given.is_text and not takes_folder(given) for given in inputs)
    return bool(inputs) and are_files and not verb.local


def empty_folder(folder: Path, verb: Verb) -> UserError:
    """Say that a folder holds nothing to work on, or that a verb takes no folders."""
    words = f"{folder} holds nothing that {verb.command} reads; name another folder"
    if len(verb.signature.inputs) > 1:
        words = f"{folder} is a folder, and {verb.command} takes one file of each kind; name files"
    return UserError("input.empty", words, path=folder)


def outputs_of(verb: Verb, source: Path | None) -> Sequence[Output]:
    """Give what comes of a source."""
    first = type_of(verb.signature.inputs[0], source) if source else None
    return verb.signature.outputs_for(first)


def type_of(given: Input, path: Path) -> type:
    """Tell by its ending which of an input's types a file is, by its content where none fits.

    A picture that moves is a film where films are taken.
    """
    ending = path.suffix.lower()
    for kind in given.types:
        if ending in getattr(kind, "ANIMATED", ()) and kind.recognize_animation(path):  # type: ignore[attr-defined]
            return kind
    for kind in given.types:
        if ending in getattr(kind, "READS", ()):
            return kind
    is_read = len(given.types) > 1 and path.is_file()  # a pipe would wait for ever
    for kind in given.types if is_read else ():
        if hasattr(kind, "recognize") and kind.recognize(path):
            return kind
    return given.types[0]


def check(job: Job) -> None:
    """Refuse what can be refused before any work: raises UserError."""
    verb = registry.find_verb(job.verb)
    options = verb.signature.parse(job.options)
    check_settings(job.settings)
    count_inputs(verb, job.inputs)
    refuse_odd_names((*job.inputs, *job.outputs.values(), *job.settings.networks))
    for given, name in zip(verb.signature.inputs, job.inputs, strict=True):
        if not given.is_text:
            check_input(given, Path(name), verb)
            refuse_page(given, Path(name), job.page)
    if verb.check:
        usual = {option.name: option.default for option in verb.signature.options}
        texts = zip(verb.signature.inputs, job.inputs, strict=True)
        verb.check({**usual, **options, **{given.name: text for given, text in texts}})
    check_outputs(verb, job)
    planned = planned_files(verb, job)
    refuse_twice(planned)
    read = files_read(verb, job)
    for path in planned:
        refuse_inputs(path, read)
        check_place(path, job.settings.force)


def check_settings(settings: Settings) -> None:
    """Refuse settings out of their range, and networks that are not there."""
    for option in SETTINGS:
        option.convert(getattr(settings, option.name))
    for name in settings.networks:
        require_network(Path(name))


def refuse_odd_names(names: Iterable[object]) -> None:
    """Refuse what can be the name of no file, and no text either."""
    for name in names:
        if not isinstance(name, str) or "\0" in name:
            words = f"{name!r} is no text, or holds a zero character; give a text without"
            raise UserError("input.kind", words)


def refuse_twice(files: Sequence[Path]) -> None:
    """Refuse one file for two results."""
    seen: set[str] = set()
    for path in files:
        real = os.path.realpath(path)
        if real in seen:
            words = f"{path} is named for two results; give each its own name"
            raise UserError("output.collision", words, path=path)
        seen.add(real)


def files_read(verb: Verb, job: Job) -> list[Path]:
    """List the files that a job reads: inputs, options that name files, networks."""
    values = [
        v for value in job.options.values() for v in (value if isinstance(value, list) else [value])
    ]
    named = [Path(value) for value in values if isinstance(value, str) and "\0" not in value]
    networks = map(Path, (*job.settings.networks, *listed_files()))
    return [*files_of(verb, job), *filter(is_file, named), *networks]


def is_file(path: Path) -> bool:
    """Tell whether there is a file of that name; a text that is none is too long for one."""
    try:
        return path.is_file()
    except OSError:
        return False


def identify(path: Path) -> tuple[int, ...] | None:
    """Tell a file and its content from others, whatever it is called; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def count_inputs(verb: Verb, inputs: Sequence[str]) -> None:
    """Refuse too many or too few inputs."""
    n = len(verb.signature.inputs)
    if len(inputs) != n:
        n_given = len(inputs) or "none"
        wanted = ", ".join(map(name_input, verb.signature.inputs)) or "nothing"
        raise UserError(
            "input.required" if len(inputs) < n else "input.kind",
            f"{verb.command} takes {wanted}, and was given {n_given}; as in: {verb.example}",
        )


def name_input(given: Input) -> str:
    """Name what one input is: a folder, a text of that name, a picture."""
    if takes_folder(given):
        return "one folder"
    return given.name if given.is_text else " or ".join(map(name_kind, given.kinds))


def check_outputs(verb: Verb, job: Job) -> None:
    """Refuse outputs that the verb doesn't give, and endings that they can't be written to."""
    files = files_of(verb, job)
    outputs = outputs_of(verb, files[0] if files else None)
    known = {output.name: output for output in outputs if output.role != "value"}
    for name, path in job.outputs.items():
        if name not in known:
            raise UserError(
                "name.unknown",
                f"{verb.command} gives no {name}; it gives {', '.join(known) or 'values alone'}",
                name=name,
            )
        if not is_asked_for(known[name], verb, job.options):
            words = f"{path} would stay empty: {name} is only made with the option {name}"
            raise UserError("output.content", words, path=path)
        require_ending(Path(path), known[name].suffixes)


def files_of(verb: Verb, job: Job) -> list[Path]:
    """List the inputs that are files or folders."""
    pairs = zip(verb.signature.inputs, job.inputs, strict=True)
    return [Path(source) for given, source in pairs if not given.is_text]


def refuse_inputs(path: Path, inputs: Iterable[Path]) -> None:
    """Refuse an output that is one of the inputs, or a file of a folder that is read."""
    for source in inputs if path.exists() else ():
        is_inside = source.is_dir() and source.resolve() in path.resolve().parents
        if is_inside or (source.exists() and path.samefile(source)):
            words = (
                f"{path} lies in {source}, which is read, and is kept; name a file elsewhere"
                if is_inside
                else f"{path} is an input itself, which is kept; name another file"
            )
            raise UserError("output.same_as_input", words, path=path)


def check_input(given: Input, path: Path, verb: Verb) -> None:
    """Refuse a file that is not there, or whose kind the verb doesn't take."""
    kind = "folder" if takes_folder(given) else "file"
    if not path.exists():
        raise UserError("input.missing", f"there is no {kind} {path}; check the name", path=path)
    if path.is_dir() and not takes_folder(given):
        raise empty_folder(path, verb)
    if takes_folder(given) and not path.is_dir():
        raise UserError("input.kind", f"{path} is no folder; as in: {verb.example}", path=path)
    if not takes_folder(given):
        refuse_kind(given, path, verb)


def refuse_page(given: Input, path: Path, page: int | None) -> None:
    """Refuse the page of a file that has none."""
    if page is not None and not hasattr(type_of(given, path), "count_pages"):
        words = f"{path} has no pages; leave out the page {page} of the job"
        raise UserError("input.kind", words, path=path)


def refuse_kind(given: Input, path: Path, verb: Verb) -> None:
    """Refuse a file whose ending is that of another kind; content is looked at when it is read."""
    from neuropil.kit.media.film import Film
    from neuropil.kit.media.image import Image

    suffix = path.suffix.lower()
    others = {kind for each in verb.signature.inputs for kind in each.types} | {Image, Film}
    if any(suffix in getattr(kind, "READS", ()) for kind in given.types):
        return
    for other in others:
        if suffix in getattr(other, "READS", ()):
            wanted = " or ".join(map(name_kind, given.kinds))
            words = f"{path} is {name_kind(other.KIND)}; {verb.command} takes {wanted}"  # type: ignore[attr-defined]
            way = FRAME_OF_A_FILM if (other, Image) == (Film, given.types[0]) else verb.example
            raise UserError("input.kind", f"{words}: {way}", path=path)


def name_kind(kind: str) -> str:
    """Name a kind of file as people do."""
    article = "an" if kind[0] in "aeiou" else "a"
    return NOUNS.get(kind, f"{article} {kind} file")


def is_asked_for(output: Output, verb: Verb, options: Mapping[str, Json]) -> bool:
    """Tell whether the option of an output's name, where there is one, asks for it."""
    if not (output.optional or output.repeated):
        return True
    by_name = {option.name: option for option in verb.signature.options}
    if output.name not in by_name:
        return True
    option = by_name[output.name]
    return bool(option.parse(options.get(output.name, option.default)))


def planned_outputs(verb: Verb, job: Job) -> dict[str, list[Path]]:
    """List the files that a job will write, by output, as far as that is known before."""
    options = {option.name: option.default for option in verb.signature.options} | {**job.options}
    planned: dict[str, list[Path]] = {}
    for output in (output for all_of in verb.signature.outputs.values() for output in all_of):
        if output.name in job.outputs:
            path = Path(job.outputs[output.name])
            n = int(options[output.name]) if output.repeated else 0
            numbered = [number_path(path, i + 1) for i in range(n)]
            planned[output.name] = numbered if output.repeated else [path]
    return planned


def planned_files(verb: Verb, job: Job) -> list[Path]:
    """List the files that a job will write, as far as that is known before."""
    return [path for paths in planned_outputs(verb, job).values() for path in paths]


def is_done(verb: Verb, job: Job) -> bool:
    """Tell whether all that a job would write is there already."""
    planned = planned_files(verb, job)
    return bool(planned) and all(map(is_file, planned))


def check_place(path: Path, force: bool) -> None:
    """Refuse a place where a file can't or must not be written."""
    if len(os.fsencode(path.name)) > BYTES_OF_A_NAME:  # said so where its folder is there already
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), str(path))
    if path.is_dir():
        raise UserError("output.place", f"{path} is a folder; name a file in it")
    if path.exists() and not path.is_file():
        raise UserError("output.place", f"{path} is no ordinary file; name another one")
    if path.is_symlink() and not Path(os.path.realpath(path)).parent.is_dir():
        words = f"{path} is a link that leads nowhere; name another file"
        raise UserError("output.place", words, path=path)
    if path.exists() and not force:
        raise UserError("output.exists", f"{path} is there already; overwrite it with --force")
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    try:
        tempfile.TemporaryFile(dir=folder).close()  # rights alone don't tell what is possible
    except OSError:
        raise UserError(
            "output.place", f"{path} can't be written in {folder}; name another place by --output"
        ) from None


def number_path(path: Path, number: int) -> Path:
    """Number one of several files of a kind: alternatives-2.png."""
    return path.with_name(f"{path.stem}-{number}{path.suffix}")
