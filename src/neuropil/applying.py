"""An application at work: its inputs read, called, and what comes of it written or told.

apply    pictures and films that become others: a file for each
tell     pictures of which something is said: a line for each, and a contact sheet of all
alone    no files go in: a text, numbers, options
perform  a further verb, `neuropil classify --teach FOLDER`
"""

import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neuropil import registry
from neuropil.commands import DONE, MISTAKE, complain
from neuropil.flags import ALONE, COMMON, NETWORK, TELLING
from neuropil.kit.between import QUALITY
from neuropil.kit.errors import UserError, escape_control
from neuropil.kit.progress import on_terminal
from neuropil.kit.signature import Option, Signature, endings, pictures, read

if TYPE_CHECKING:
    from neuropil.kit.files import Job
    from neuropil.kit.result import Media, Parts

SMALL = 300  # pixels: what is kept of a picture for the contact sheet


def apply(name: str, signature: Signature, given: dict[str, Any]) -> int:
    """Go through all inputs; a bad one is reported and the others are still done."""
    from neuropil.kit.files import jobs

    own = {option.name: option.value(given[option.name]) for option in signature.options}
    common = {option.name: option.value(given[option.name]) for option in COMMON}
    work = jobs(paths(given["inputs"]), common["output"], name)
    for job in work:
        check_place(job.target, common["force"])
        if _same(job.target, job.source):
            raise UserError(
                "output.same_as_input",
                f"{job.target} is the input itself, which is kept; name another file",
                path=job.target,
            )
    app = ready(name, common)
    failed = 0
    for job in work:
        try:
            with on_terminal():
                lines = _one(app, signature, job, own, common)
        except UserError as error:
            if len(work) == 1:
                raise
            failed += 1
            complain(error.message, MISTAKE)
        else:
            for text in lines:
                typer.echo(text)
    if failed:
        raise UserError(
            "job.failed",
            f"{failed} of {len(work)} inputs could not be done",
            failed=failed,
            total=len(work),
        )
    return DONE


def tell(name: str, signature: Signature, given: dict[str, Any]) -> int:
    """Say something of every input; a bad one is reported and the others are still done."""
    from neuropil.kit.files import Job, listed
    from neuropil.kit.image import Image
    from neuropil.kit.writing import FORMATS

    own = {option.name: option.value(given[option.name]) for option in signature.options}
    common = {option.name: option.value(given[option.name]) for option in TELLING}
    inputs, target = paths(given["inputs"]), common["output"]
    sources = listed(inputs, name)
    if target:
        sources = [s for s in sources if s in inputs or not _same(s, target)]  # an earlier sheet
        if target.suffix.lower() not in FORMATS:
            raise UserError(
                "output.ending",
                _unwritable(target, list(FORMATS)),
                path=target,
                possible=tuple(FORMATS),
            )
        if not sources:
            raise UserError(
                "input.empty", f"{target} is the only picture there; name others", path=target
            )
        if any(_same(source, target) for source in sources):
            raise UserError(
                "output.same_as_input",
                f"{target} is an input itself, which is kept; name another file",
                path=target,
            )
        check_place(target, common["force"])
    elif common["quality"] != QUALITY:
        raise UserError(
            "option.conflict",
            f"--quality {common['quality']} is of a contact sheet; name it by -o",
            name="quality",
            value=common["quality"],
        )
    app = ready(name, common)
    base = Path(os.path.commonpath([source.absolute().parent for source in sources]))
    seen, failed = [], 0
    for source in sources:
        try:
            with on_terminal():
                photo = opened(Job(source, source), name, signature, common["max_pixels"])
                result = app(photo, **own)
        except UserError as error:
            if len(sources) == 1:
                raise
            failed += 1
            complain(error.message, MISTAKE)
        else:
            typer.echo(_sentence(source, result, common["json"]))
            if target:
                small = photo.thumbnail(SMALL) if isinstance(photo, Image) else photo
                seen.append((str(source.absolute().relative_to(base)), small, result))
    if seen:
        target.parent.mkdir(parents=True, exist_ok=True)
        app.sheet(seen).save(target, quality=common["quality"])
        typer.echo(str(target), err=common["json"])
    if failed:
        raise UserError(
            "job.failed",
            f"{failed} of {len(sources)} inputs could not be done",
            failed=failed,
            total=len(sources),
        )
    return DONE


def paths(inputs: list[str] | None) -> list[Path]:
    """Read the names of inputs; raises UserError for what can't be one."""
    for text in inputs or []:
        if not text:
            raise UserError(
                "input.required", 'one of the inputs is "", an empty name; name a file or a folder'
            )
        if text == "-":
            raise UserError(
                "input.address",
                "pictures are not read from a pipe (-); name a file or a folder",
                value=text,
            )
        if re.match("[a-z]+://", text):
            raise UserError(
                "input.address",
                f"{text} is an address; save the picture, and name its file",
                value=text,
            )
    return [Path(text) for text in inputs or []]


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _sentence(source: Path, result: Any, as_json: bool) -> str:
    """Word what was said of an input."""
    from neuropil.kit.result import parts, plain, said

    rest = parts(result).rest
    if as_json:
        return json.dumps({"input": str(source)} | plain(rest), allow_nan=False)
    return f"{escape_control(str(source))}: {', '.join(map(said, rest.values()))}"


def ready(name: str, common: dict[str, Any]) -> registry.App:
    """Load an application, its network opened, so that a mistake about it is told once."""
    app = registry.load(name, weights=common["weights"], threads=common["threads"])
    if app.weights:
        app.network  # noqa: B018
    return app


def verbs(name: str) -> tuple[Option, ...]:
    """List the further verbs of an application, each an option that takes its input."""
    app = registry.application(name)
    found = []
    for verb in app.verbs:
        signature = read(getattr(app, verb))
        (thing,) = signature.inputs
        text = signature.summary[:1].lower() + signature.summary[1:].rstrip(".")
        text += f"; writes {name}-{verb}{endings(getattr(app, verb))[0]}, or what -o names"
        found.append(Option(verb, thing.kinds[0], None, text))
    return tuple(found)


def asked(name: str, given: dict[str, Any]) -> str:
    """Find the further verb that a line asks for; "" where it asks for none."""
    verbs_of = registry.application(name).verbs
    return next((verb for verb in verbs_of if given[verb] is not None), "")


def perform(name: str, verb: str, given: dict[str, Any]) -> int:
    """Do what a further verb says, and write what comes of it."""
    from neuropil.kit.result import parts, plain, said

    if given["inputs"]:
        raise UserError(
            "option.conflict",
            f"--{verb} takes its folder alone; leave out {given['inputs'][0]}",
            name=verb,
        )
    for option in read(registry.application(name).__call__).options:
        if given[option.name] not in (None, False, [], str(option.default)):
            raise UserError(
                "option.conflict",
                f"--{option.name} means nothing with --{verb}; leave it out",
                name=option.name,
            )
    common = {option.name: option.value(given[option.name]) for option in TELLING}
    call = getattr(registry.application(name), verb)
    possible = endings(call)
    target = common["output"] or Path(f"{name}-{verb}{possible[0]}")
    if target.suffix.lower() not in possible:
        raise UserError(
            "output.ending", _unwritable(target, possible), path=target, possible=tuple(possible)
        )
    beside = {field: target.with_name(f"{target.stem}-{field}.png") for field in pictures(call)}
    for path in (target, *beside.values()):
        check_place(path, common["force"])
    if not given[verb]:
        raise UserError(
            "option.syntax", f'--{verb} is "", an empty name; name a folder', name=verb, value=""
        )
    (option,) = (option for option in verbs(name) if option.name == verb)
    with on_terminal():
        thing = option.kind.open(Path(given[verb]), max_pixels=common["max_pixels"])
        found = parts(getattr(ready(name, common), verb)(thing))
    assert found.main is not None
    made = {target: found.main} | {beside[key]: media for key, media in found.beside.items()}
    _save(made, common["quality"])
    if common["json"]:
        record = {"output": [str(path) for path in made]} | plain(found.rest)
        typer.echo(json.dumps(record, allow_nan=False))
        return DONE
    for path in made:
        typer.echo(str(path))
    for key, value in found.rest.items():
        typer.echo(f"{key.replace('_', ' ')}: {said(value)}")
    return DONE


def ending(name: str, possible: Sequence[str], option: Option) -> Option:
    """Tell with the option of the output where to, and as what, a result is written."""
    if option.name != "output" or not possible:
        return option
    return replace(option, text=f"{', '.join(possible)} [default: {name}{possible[0]}]")


def alone(name: str, signature: Signature, given: dict[str, Any]) -> int:
    """Run an application that takes no files: show the text that it makes, or write it.

    Anything but a text is written, also where no name was given for it.
    """
    from neuropil.kit.drawing import Drawing
    from neuropil.kit.result import parts, plain, said
    from neuropil.kit.sheet import Sheet

    own = {option.name: option.value(given[option.name]) for option in signature.options}
    own |= {text.name: _words(text.name, given) for text in signature.inputs}
    common = {option.name: option.value(given[option.name]) for option in ALONE}
    engine = {o.name: o.value(given[o.name]) for o in NETWORK if o.name in given}
    named = [value for value in own.values() if isinstance(value, Path)]
    targets = [*filter(None, [common["output"]]), *named]
    if len(targets) > 1:
        raise UserError(
            "option.conflict",
            f"{targets[0]} and {targets[1]} are two files for one thing; name one",
            name="output",
        )
    possible = endings(registry.application(name).__call__)
    for target in targets:
        if possible and target.suffix.lower() not in possible:
            raise UserError(
                "output.ending",
                _unwritable(target, possible),
                path=target,
                possible=tuple(possible),
            )
    first = targets[0] if targets else Path(name)
    fields = [field for field in pictures(registry.application(name).__call__) if own.get(field)]
    drawn = {field: first.with_name(f"{first.stem}-{field}.png") for field in fields}
    for target in (*targets, *drawn.values()):
        check_place(target, common["force"])
    with on_terminal():
        found = parts(registry.load(name, **engine)(**own))
    media = [m for m in (found.main, *found.beside.values()) if m]
    if not targets and found.main and not isinstance(found.main, Sheet):
        targets = [Path(name).with_suffix(next(iter(found.main.endings)))]
        check_place(targets[0], common["force"])
    saved = [m for target in targets for m in media if target.suffix.lower() in m.endings][:1]
    if targets and not saved:
        raise UserError(
            "output.ending",
            _unwritable(targets[0], [ending for m in media for ending in m.endings]),
            path=targets[0],
        )
    if saved and isinstance(saved[0], Drawing):
        targets = saved[0].files(targets[0])
        for target in targets:
            check_place(target, common["force"])
    made = dict(zip(targets, saved, strict=False))  # the first file brings the others
    made |= {drawn[field]: found.beside[field] for field in drawn if field in found.beside}
    _save(made, QUALITY)
    targets = [*targets, *(path for path in made if path not in targets)]
    if common["json"]:
        record = {"output": [str(target) for target in targets]}
        typer.echo(json.dumps(record | plain(found.rest), allow_nan=False))
        return DONE
    shown = [m.text for m in media if isinstance(m, Sheet) and m not in saved]
    typer.echo("".join(shown), nl=False)
    for target in targets:
        typer.echo(str(target))
    if signature.inputs:
        lines = [f"{key}: {said(value)}" for key, value in found.rest.items()]
        typer.echo("\n".join(lines).replace(": \n", ":\n"))
    return DONE


def _unwritable(target: Path, possible: Sequence[str]) -> str:
    return f"{target} can't be written; end the name in {', '.join(possible)}"


def _words(name: str, given: dict[str, Any]) -> str:
    """Find the text that is meant: in the line, in a file (@letter.txt), or piped in (-)."""
    said = [text for text in (given["words"], given[name]) if text is not None]
    if len(said) > 1:
        raise UserError(
            "option.conflict", f"there are two texts; give one, in quotes or by --{name}", name=name
        )
    text = str(said[0]) if said else ""
    if text == "-":
        return sys.stdin.read()
    if not text.startswith("@") or len(text) == 1:
        return text
    path = Path(text[1:])
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(
            "input.kind", f"{path} is not UTF-8 text; save it as such", path=path
        ) from None
    except OSError as error:
        raise UserError(
            "input.missing" if isinstance(error, FileNotFoundError) else "input.unreadable",
            f"{path} can't be read ({error.strerror}); @ goes before a file's name",
            path=path,
        ) from None


def check_place(target: Path, force: bool) -> None:
    """Raise UserError where a file can't or must not be written, before any work is done."""
    if target.is_dir():
        raise UserError("output.place", f"{target} is a folder; name a file in it", path=target)
    if target.exists() and not force:
        raise UserError(
            "output.exists", f"{target} is there already; overwrite it with --force", path=target
        )
    folder = next(folder for folder in target.absolute().parents if folder.exists())
    try:
        tempfile.TemporaryFile(dir=folder).close()  # rights alone don't tell what is possible
    except OSError:
        raise UserError(
            "output.place",
            f"{target} can't be written in {folder}; name another place by --output",
            path=target,
        ) from None


def _one(
    app: registry.App, signature: Signature, job: "Job", own: dict[str, Any], common: dict[str, Any]
) -> list[str]:
    """Do one input, write what comes of it, and return the lines to print."""
    from neuropil.kit.result import parts

    found = parts(app(opened(job, app.name, signature, common["max_pixels"]), **own))
    made: dict[Path, Media] = {job.target: found.main} if found.main else {}
    for name, picture in found.beside.items():
        made[job.beside(name, app.name)] = picture
    for path in made:
        check_place(path, common["force"])
    _save(made, common["quality"])
    return _told(job, list(made), found, common["json"])


def _save(made: "Mapping[Path, Media]", quality: int) -> None:
    """Write media, each to its place."""
    for path, media in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        media.save(path, quality=quality)


def opened(job: "Job", name: str, signature: Signature, max_pixels: int) -> "Media":
    """Open the input of a job; raises UserError where the application doesn't take its kind."""
    from neuropil.kit.film import Film
    from neuropil.kit.image import Image

    wanted = Film if job.is_film else Image
    if wanted not in signature.inputs[0].kinds:
        kind = "a film" if job.is_film else "an image"
        raise UserError(
            "input.kind", f"{job.source} is {kind}, which {name} doesn't take", path=job.source
        )
    return Film.open(job.source) if job.is_film else Image.open(job.source, max_pixels=max_pixels)


def _told(job: "Job", made: list[Path], found: "Parts", as_json: bool) -> list[str]:
    from neuropil.kit.result import plain, said

    if as_json:
        record = {"input": str(job.source), "output": [str(path) for path in made]}
        return [json.dumps(record | plain(found.rest), allow_nan=False)]
    return [*map(str, made), *(f"{name}: {said(value)}" for name, value in found.rest.items())]
