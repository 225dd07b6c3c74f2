"""The command line: `neuropil colorize old.jpg`.

The options of an application are read off the signature of its `__call__`, their texts off its
docstring. Typer takes the line apart; what a command hands back is the work that is still to be
done, so that mistakes, interruptions and exit codes are seen to in one place (`run`). Nothing
heavy is imported before a command needs it.

Exit codes: 0 done, 2 a mistake that the person can mend, 130 stopped by Ctrl-C, 1 a fault of ours.
"""

import inspect
import json
import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropil import __version__, registry
from neuropil.commands import COMMANDS, DONE, Work
from neuropil.flags import ALONE, COMMON, FEEDS, LENS, NETWORK, flag, parameter
from neuropil.kit.between import MAX_PIXELS, QUALITY
from neuropil.kit.problem import Problem
from neuropil.kit.progress import on_terminal
from neuropil.kit.signature import Option, Signature, endings, read

if TYPE_CHECKING:
    from neuropil.kit.files import Job
    from neuropil.kit.probe import Probe, Unit
    from neuropil.kit.result import Media, Parts

FAULT, MISTAKE, STOPPED = 1, 2, 130
ABOUT = "Small neural networks that do a job on an ordinary computer and show their work."
OPENS = "Open a neuron of a network: its terms, sum, activation, gradient, and their proof."
OPEN_EXAMPLE = "Example: neuropil open colorize old.jpg --at 120,80 --depth 3 --html walk.html"
EXAMPLES = {
    "neuron": "--x 0.1 --w 0.15 --b 0.4 --w 0.25 --b 0.5",
    "handwrite": '"Dear Ada," -o letter.svg',
}
ONCE = ("--unit", "--depth", "--html", "--csv")  # flags that a deeper look doesn't repeat


def main() -> None:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):  # file names need not be UTF-8
        getattr(stream, "reconfigure", dict)(errors="backslashreplace")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops as cleanly as Ctrl-C
    sys.exit(run(sys.argv[1:]))


def run(line: Sequence[str]) -> int:
    """Do what a command line says and return its exit code."""
    try:
        work = parser(line)(line or ["--help"], prog_name="neuropil", standalone_mode=False)
        return int(work() if callable(work) else work or DONE)
    except Problem as problem:
        return _complain(str(problem), MISTAKE)
    except typer.TyperException as error:
        return _complain(_sentence(error), MISTAKE)
    except KeyboardInterrupt:
        return _complain("stopped; nothing half-written", STOPPED)
    except BrokenPipeError:  # `neuropil list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAULT
    except OSError as error:  # of the machine; those that can be foreseen are Problems
        return _complain(
            f"{error.filename or 'the machine'} says: {error.strerror or error}", MISTAKE
        )
    except MemoryError:
        return _complain("there is too little memory for this; give it something smaller", FAULT)
    except Exception as error:
        if os.environ.get("NEUROPIL_DEBUG"):
            raise
        kind = type(error).__name__
        return _complain(f"a fault of ours, {kind}: {error}; NEUROPIL_DEBUG=1 shows where", FAULT)


def _complain(sentence: str, code: int) -> int:
    typer.echo(f"neuropil: {sentence}", err=True)
    return code


def _sentence(error: typer.TyperException) -> str:
    """Word a mistake in the line as the others are worded."""
    near = getattr(error, "possibilities", None)
    text = " ".join((error.message if near else error.format_message()).split()).rstrip(".")
    return text[:1].lower() + text[1:] + (f" (did you mean {near[0]}?)" if near else "")


# The line


def parser(line: Sequence[str]) -> typer.Typer:
    """Make the parser; of the applications, only the one that the line names is loaded for it."""
    typing = typer.Typer(
        help=ABOUT, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )
    typing.callback()(_general)
    verb = next((word for word in line if not word.startswith("-")), None)
    for name in registry.NAMES:
        command = _application(name) if name == verb else _idle
        text = command.__doc__ if name == verb else registry.summary(name)
        typing.command(name, help=text, epilog=_example(name))(command)
    opening = _opening(line) if verb == "open" else _idle
    typing.command("open", help=OPENS, epilog=OPEN_EXAMPLE)(opening)
    for other in COMMANDS:
        typing.command(other.__name__.strip("_"))(other)
    return typing


def _example(name: str) -> str:
    """Show a line that can be typed."""
    return f"Example: neuropil {name} " + EXAMPLES.get(name, "old.jpg")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"neuropil {__version__}")
        raise typer.Exit


def _general(
    version: Annotated[
        bool,
        typer.Option("--version", help="print the version", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    """Take the options that come before a command."""


def _idle() -> None:
    """Stand for an application that is listed and not called."""


def _application(name: str) -> Callable[..., Work]:
    """Make the command of an application, its parameters written into its signature."""
    app = registry.application(name)
    signature = read(app.__call__)
    takes_files = bool(signature.inputs) and signature.inputs[0].kinds != (str,)
    common: tuple[Option, ...] = COMMON if takes_files else ALONE
    if not takes_files and app.weights:
        common += NETWORK
    parameters = []

    def command(**given: Any) -> Work:
        return partial(_apply if takes_files else _alone, name, signature, given)

    if signature.inputs and not takes_files:
        (text,) = signature.inputs
        common = tuple(map(partial(_ending, name, endings(app.__call__)), common))
        words = typer.Argument(metavar=text.name.upper(), help=text.text, show_default=False)
        parameters = [parameter("words", None, Annotated[str | None, words])]
        parameters += [flag(Option(text.name, str, None, "the same, as an option"))]
        command.__doc__ = signature.summary
    elif takes_files:
        given = signature.inputs[0].text
        several = f"INPUT: {given}. Several, and folders, will do too."
        command.__doc__ = f"{signature.summary}\n\n{several}"
        inputs = typer.Argument(metavar="INPUT", hidden=True)
        parameters = [parameter("inputs", None, Annotated[list[str], inputs])]
    else:
        command.__doc__ = signature.summary
    parameters += [flag(option) for option in (*signature.options, *common)]
    setattr(command, "__signature__", inspect.Signature(parameters))  # noqa: B010
    return command


# An application at work


def _apply(name: str, signature: Signature, given: dict[str, Any]) -> int:
    """Go through all inputs; a bad one is reported and the others are still done."""
    from neuropil.kit.files import jobs

    own = {option.name: option.value(given[option.name]) for option in signature.options}
    common = {option.name: option.value(given[option.name]) for option in COMMON}
    work = jobs([Path(text) for text in given["inputs"] or []], common["output"], name)
    for job in work:
        _check_place(job.target, common["force"])
        if job.target.exists() and job.source.exists() and job.target.samefile(job.source):
            raise Problem(f"{job.target} is the input itself, which is kept; name another file")
    app = registry.load(name, weights=common["weights"], threads=common["threads"])
    if app.weights:
        app.network  # noqa: B018  opened once, so that a mistake about it is told once
    failed = 0
    for job in work:
        try:
            with on_terminal():
                lines = _one(app, signature, job, own, common)
        except Problem as problem:
            if len(work) == 1:
                raise
            failed += 1
            _complain(str(problem), MISTAKE)
        else:
            for text in lines:
                typer.echo(text)
    if failed:
        raise Problem(f"{failed} of {len(work)} inputs could not be done")
    return DONE


def _ending(name: str, possible: Sequence[str], option: Option) -> Option:
    """Tell with the option of the output where to, and as what, a result is written."""
    if option.name != "output" or not possible:
        return option
    return replace(option, text=f"{', '.join(possible)} [default: {name}{possible[0]}]")


def _alone(name: str, signature: Signature, given: dict[str, Any]) -> int:
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
        raise Problem(f"{targets[0]} and {targets[1]} are two files for one thing; name one")
    possible = endings(registry.application(name).__call__)
    for target in targets:
        _check_place(target, common["force"])
        if possible and target.suffix.lower() not in possible:
            raise Problem(_unwritable(target, possible))
    with on_terminal():
        found = parts(registry.load(name, **engine)(**own))
    media = [m for m in (found.main, *found.beside.values()) if m]
    if not targets and found.main and not isinstance(found.main, Sheet):
        targets = [Path(name).with_suffix(next(iter(found.main.endings)))]
        _check_place(targets[0], common["force"])
    saved = [m for target in targets for m in media if target.suffix.lower() in m.endings][:1]
    if targets and not saved:
        raise Problem(_unwritable(targets[0], [ending for m in media for ending in m.endings]))
    if saved and isinstance(saved[0], Drawing):
        targets = saved[0].files(targets[0])
        for target in targets:
            _check_place(target, common["force"])
    for target, thing in zip(targets, saved, strict=False):  # the first file brings the others
        target.parent.mkdir(parents=True, exist_ok=True)
        thing.save(target, quality=QUALITY)
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
        raise Problem(f"there are two texts; give one, in quotes or by --{name}")
    text = str(said[0]) if said else ""
    if text == "-":
        return sys.stdin.read()
    if not text.startswith("@") or len(text) == 1:
        return text
    path = Path(text[1:])
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Problem(f"{path} is not UTF-8 text; save it as such") from None
    except OSError as error:
        raise Problem(
            f"{path} can't be read ({error.strerror}); @ goes before a file's name"
        ) from None


def _check_place(target: Path, force: bool) -> None:
    """Raise Problem where a file can't or must not be written, before any work is done."""
    if target.exists() and not force:
        raise Problem(f"{target} is there already; overwrite it with --force")
    folder = next(folder for folder in target.absolute().parents if folder.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise Problem(f"{target} can't be written in {folder}; name another place by --output")


def _one(
    app: registry.App, signature: Signature, job: "Job", own: dict[str, Any], common: dict[str, Any]
) -> list[str]:
    """Do one input, write what comes of it, and return the lines to print."""
    from neuropil.kit.result import parts

    found = parts(app(_opened(job, app.name, signature, common["max_pixels"]), **own))
    made: dict[Path, Media] = {job.target: found.main} if found.main else {}
    for name, picture in found.beside.items():
        made[job.beside(name, app.name)] = picture
    for path in made:
        _check_place(path, common["force"])
    for path, media in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        media.save(path, quality=common["quality"])
    return _told(job, list(made), found, common["json"])


def _opened(job: "Job", name: str, signature: Signature, max_pixels: int) -> "Media":
    from neuropil.kit.film import Film
    from neuropil.kit.image import Image

    wanted = Film if job.is_film else Image
    if wanted not in signature.inputs[0].kinds:
        raise Problem(f"{job.source} is a {wanted.__name__.lower()}, which {name} doesn't take")
    return Film.open(job.source) if job.is_film else Image.open(job.source, max_pixels=max_pixels)


def _told(job: "Job", made: list[Path], found: "Parts", as_json: bool) -> list[str]:
    from neuropil.kit.result import plain, said

    if as_json:
        record = {"input": str(job.source), "output": [str(path) for path in made]}
        return [json.dumps(record | plain(found.rest), allow_nan=False)]
    return [*map(str, made), *(f"{name}: {said(value)}" for name, value in found.rest.items())]


# A neuron opened


def _opening(line: Sequence[str]) -> Callable[..., Work]:
    """Make the command that opens a network; its flags are those of the application's `probe`."""
    what = next((word for word in line[line.index("open") + 1 :] if not word.startswith("-")), "")
    signature = read(registry.application(what).probe) if what in registry.NAMES else None

    def command(**given: Any) -> Work:
        return partial(_open, line, signature, given)

    given = typer.Argument(metavar="NAME|FILE.onnx", help="an application, or any ONNX file")
    source = typer.Argument(metavar="INPUT", help="of the application")
    parameters = [
        parameter("what", inspect.Parameter.empty, Annotated[str, given]),
        parameter("source", None, Annotated[str | None, source]),
    ]
    own = signature.options if signature else FEEDS
    parameters += [flag(option) for option in (*own, *LENS)]
    setattr(command, "__signature__", inspect.Signature(parameters))  # noqa: B010
    return command


def _open(line: Sequence[str], signature: Signature | None, given: dict[str, Any]) -> int:
    """Walk from a place of a result, or from a unit of a file, towards the inputs."""
    from neuropil.microscope import opening, page, telling
    from neuropil.microscope.graph import read as read_graph
    from neuropil.microscope.walk import walked

    lens = {option.name: option.value(given[option.name]) for option in LENS}
    for target, ending in ((lens["html"], ".html"), (lens["csv"], ".csv")):
        if target:
            if target.suffix.lower() != ending:
                raise Problem(f"{target} is to be a {ending} file; end its name so")
            _check_place(target, lens["force"])
    if signature:
        probe = _probe(signature, given, lens)
        graph = read_graph(probe.network)
        if lens["unit"]:
            probe = opening.elsewhere(probe, opening.named_unit(lens["unit"], graph))
    else:
        path = Path(given["what"])
        graph = read_graph(path)
        feeds = tuple(opening.Feed.parse(text) for text in given["inputs"])
        if not lens["unit"]:
            typer.echo("\n".join(telling.contents(graph, opening.run(graph, feeds))))
            return DONE
        probe = opening.of_file(graph, path, feeds, lens["unit"], given["output"])
    walk = walked(graph, probe, depth=lens["depth"], threads=lens["threads"])
    command = _deeper(line, walk.next)
    if lens["html"]:
        _write(lens["html"], page.drawn(walk, command))
    if lens["csv"]:
        _write(lens["csv"], walk.stages[-1].worked.csv())
    if lens["json"]:
        typer.echo(json.dumps(telling.numbers(walk), allow_nan=False))
        return DONE
    digits = None if lens["exact"] else lens["digits"]
    typer.echo("\n".join(telling.text(walk, digits, lens["terms"])))
    typer.echo(f"deeper: {command}" if command else "deeper: there are only inputs")
    failed = [stage.worked.name for stage in walk.stages if not stage.worked.check().passed]
    return _complain(f"the check of {failed[0]} failed", FAULT) if failed else DONE


def _probe(signature: Signature, given: dict[str, Any], lens: dict[str, Any]) -> "Probe":
    """Ask an application which neuron is behind a place of its result."""
    from neuropil.kit.files import Job

    name, source = given["what"], given["source"]
    app = registry.load(name, weights=lens["weights"], threads=lens["threads"])
    if app.weights is None:
        raise Problem(f"{name} has no network to open; neuropil {name} --help says what it shows")
    if source is None:
        example = EXAMPLES.get(name, "old.jpg").partition(" -")[0]
        raise Problem(f"open {name} needs an input, as in: neuropil open {name} {example} ...")
    own = {option.name: option.value(given[option.name]) for option in signature.options}
    if signature.inputs[0].kinds == (str,):
        return app.probe(source, **own)
    path = Path(source)
    return app.probe(_opened(Job(path, path), name, signature, MAX_PIXELS), **own)


def _deeper(line: Sequence[str], unit: "Unit | None") -> str:
    """Word the command that opens the unit behind the largest term."""
    if unit is None:
        return ""
    words, skip = [], False
    for word in line:
        name, _, value = word.partition("=")
        if not skip and name not in ONCE:
            words.append(word)
        skip = not skip and name in ONCE and not value
    return shlex.join(["neuropil", *words, "--unit", str(unit)])


def _write(path: Path, text: str) -> None:
    """Write a text whole or not at all."""
    from neuropil.kit.atomic import written

    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path) as beside:
        beside.write_text(text, encoding="utf-8")
