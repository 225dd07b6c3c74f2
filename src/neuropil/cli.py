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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropil import __version__, registry
from neuropil.applying import alone, apply, asked, check_place, ending, opened, perform, tell, verbs
from neuropil.commands import COMMANDS, DONE, MISTAKE, Work, complain
from neuropil.flags import ALONE, COMMON, FEEDS, LENS, NETWORK, TELLING, flag, parameter
from neuropil.kit.errors import UserError
from neuropil.kit.signature import Option, Signature, endings, makes_media, read

if TYPE_CHECKING:
    from neuropil.kit.probe import Probe, Unit

FAULT, STOPPED = 1, 130
ABOUT = "Small neural networks that do a job on an ordinary computer and show their work."
OPENS = "Open a neuron of a network: its terms, sum, activation, gradient, and their proof."
OPEN_EXAMPLE = "Example: neuropil open colorize old.jpg --at 120,80 --depth 3 --html walk.html"
EXAMPLES = {
    "neuron": "--x 0.1 --w 0.15 --b 0.4 --w 0.25 --b 0.5",
    "handwrite": '"Dear Ada," -o letter.svg',
    "drive": "--seed 1000 -o drive.mp4",
}
OPENED = {
    "handwrite": '"Dear Ada," --step 20',
    "classify": "old.jpg --label cat --html cat.html",
    "drive": "drive.mp4 --frame 120",
}
ONCE = (
    "--unit",
    "--depth",
    "--html",
    "--csv",
    "--saliency",
)  # flags that a deeper look doesn't repeat


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
    except UserError as error:
        return complain(error.message, MISTAKE)
    except typer.TyperException as error:
        return complain(_sentence(error, line), MISTAKE)
    except KeyboardInterrupt:
        return complain("stopped; nothing half-written", STOPPED)
    except BrokenPipeError:  # `neuropil list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAULT
    except OSError as error:  # of the machine; those that can be foreseen are UserErrors
        return complain(
            f"{error.filename or 'the machine'} says: {error.strerror or error}", MISTAKE
        )
    except MemoryError:
        return complain("there is too little memory for this; give it something smaller", FAULT)
    except Exception as error:
        if os.environ.get("NEUROPIL_DEBUG"):
            raise
        kind = type(error).__name__
        return complain(f"a fault of ours, {kind}: {error}; NEUROPIL_DEBUG=1 shows where", FAULT)


def _sentence(error: typer.TyperException, line: Sequence[str]) -> str:
    """Word a mistake in the line as the others are worded."""
    if dashed := [word for word in line if word.startswith("-") and Path(word).exists()]:
        return f"{dashed[0]} reads as an option; for the file of that name type ./{dashed[0]}"
    near = getattr(error, "possibilities", None)
    text = " ".join((error.message if near else error.format_message()).split()).rstrip(".")
    text += "; --help shows what it takes" if "unexpected extra" in text else ""
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
    shown = next((name for name in OPENED if name in line), "")
    example = f"Example: neuropil open {shown} {OPENED[shown]}" if shown else OPEN_EXAMPLE
    typing.command("open", help=OPENS, epilog=example)(opening)
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
    work = (apply if makes_media(app.__call__) else tell) if takes_files else alone
    common: tuple[Option, ...] = {apply: COMMON, tell: TELLING, alone: ALONE}[work]
    if not takes_files and app.weights:
        common += NETWORK
    parameters = []

    def command(**given: Any) -> Work:
        if verb := asked(name, given):
            return partial(perform, name, verb, given)
        return partial(work, name, signature, given)

    if signature.inputs and not takes_files:
        (text,) = signature.inputs
        common = tuple(map(partial(ending, name, endings(app.__call__)), common))
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
    parameters += [flag(option) for option in (*signature.options, *verbs(name), *common)]
    setattr(command, "__signature__", inspect.Signature(parameters))  # noqa: B010
    return command


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
    from neuropil.microscope import opening, page, saliency, telling
    from neuropil.microscope.graph import read as read_graph
    from neuropil.microscope.walk import walked

    lens = {option.name: option.value(given[option.name]) for option in LENS}
    for kind, form in (("html", ".html"), ("csv", ".csv"), ("saliency", ".png")):
        if target := lens[kind]:
            if target.suffix.lower() != form:
                raise UserError(
                    "output.ending",
                    f"{target} is to be a {form} file; end its name so",
                    path=target,
                    possible=(form,),
                )
            check_place(target, lens["force"])
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
            if wanted := [kind for kind in ("html", "csv", "saliency") if lens[kind]]:
                raise UserError(
                    "option.missing",
                    f"--{wanted[0]} needs a neuron: name one by --unit NAME,I,J",
                    name="unit",
                )
            typer.echo("\n".join(telling.contents(graph, opening.run(graph, feeds))))
            return DONE
        probe = opening.of_file(graph, path, feeds, lens["unit"], given["output"])
    walk = walked(graph, probe, depth=lens["depth"], threads=lens["threads"])
    command = _deeper(line, walk.next)
    paint = saliency.painted(walk) if lens["saliency"] else None
    if lens["html"]:
        _write(lens["html"], page.drawn(walk, command))
    if lens["csv"]:
        _write(lens["csv"], walk.stages[-1].worked.csv())
    if paint:
        lens["saliency"].parent.mkdir(parents=True, exist_ok=True)
        paint.save(lens["saliency"])
    if lens["json"]:
        typer.echo(json.dumps(telling.numbers(walk, lens["terms"]), allow_nan=False))
        return DONE
    digits = None if lens["exact"] else lens["digits"]
    typer.echo("\n".join(telling.text(walk, digits, lens["terms"])))
    typer.echo(f"deeper: {command}" if command else "deeper: there are only inputs")
    failed = [stage.worked.name for stage in walk.stages if not stage.worked.check().passed]
    return complain(f"the check of {failed[0]} failed", FAULT) if failed else DONE


def _probe(signature: Signature, given: dict[str, Any], lens: dict[str, Any]) -> "Probe":
    """Ask an application which neuron is behind a place of its result."""
    from neuropil.kit.files import Job

    name, source = given["what"], given["source"]
    app = registry.load(name, weights=lens["weights"], threads=lens["threads"])
    if app.weights is None:
        raise UserError(
            "name.unsupported",
            f"{name} has no network to open; neuropil {name} --help says what it shows",
            name=name,
        )
    if source is None:
        example = OPENED.get(name, "old.jpg").partition(" -")[0]
        raise UserError(
            "input.required",
            f"open {name} needs an input, as in: neuropil open {name} {example} ...",
            name=name,
        )
    own = {option.name: option.value(given[option.name]) for option in signature.options}
    if signature.inputs[0].kinds == (str,):
        return app.probe(source, **own)
    path = Path(source)
    return app.probe(opened(Job(path, path), name, signature, lens["max_pixels"]), **own)


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
