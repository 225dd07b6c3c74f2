"""`neuropil open`: a neuron of an application's network, or of any ONNX file.

    neuropil open colorize old.jpg --at 120,80 --depth 3 -o walk.html
    neuropil open net.onnx --input x=x.npy --unit Relu_3,0,5

An application's `probe` says which neuron is behind a place of a result; its options are read off
its signature, like those of a verb.
"""

import inspect
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

from neuropil import registry
from neuropil.checks import check_place, refuse_inputs
from neuropil.job import Settings
from neuropil.jobs import Sessions, open_input
from neuropil.kit.atomic import make_folders, write_together
from neuropil.kit.errors import UserError, require_ending, suggest
from neuropil.kit.ranges import Range
from neuropil.signature import Option, Signature
from neuropil.surfaces.cli.commands import Form
from neuropil.surfaces.cli.parameters import (
    FORCE,
    PIXELS,
    THREADS,
    WEIGHTS,
    find_text,
    is_given,
    keyword,
    to_parameter,
)
from neuropil.surfaces.cli.terminal import DONE, FAULT, OPEN, OPEN_SUMMARY, complain, new_parser
from neuropil.surfaces.cli.verb_command import make_command, take_parameters

if TYPE_CHECKING:
    from neuropil.core.probe import Probe, Unit
    from neuropil.microscope.activations import Activations
    from neuropil.microscope.graph import Graph
    from neuropil.microscope.walk import Walk

EXAMPLE = "neuropil open colorize old.jpg --at 120,80 --depth 3 -o walk.html"
FILE_SUMMARY = "Open a neuron of the network in an ONNX file; without --unit, list its tensors."
WALK = ".html"  # a page in which numbers can be changed
TERMS = ".csv"  # all terms of the last neuron
SALIENCY = ".png"  # how much each pixel that is seen moves L, |dL/dx|
PLACE = Form("NAME,I,J,...")
UNIT = Option(
    "unit",
    PLACE,
    None,
    "the neuron to open, NAME,I,J,... of any tensor of the network; by default the one behind the"
    " place of the result",
)
UNIT_OF_A_FILE = Option(
    "unit", PLACE, None, "the neuron to open, NAME,I,J,... of any tensor of the network"
)
VIEW_OPTIONS = (  # the options of every `open`
    Option(
        "depth",
        int,
        1,
        "how many neurons to open, each the one behind the largest term of the last",
        Range(1, 200),
    ),
    Option(
        "terms", int, 6, "how many terms of a neuron to show, the largest ones", Range(1, 100000)
    ),
    Option("digits", int, 6, "how many significant digits to show", Range(1, 17)),
    Option("exact", bool, False, "show all digits of every number"),
    Option(
        "output",
        str,
        [],
        "write the walk as a page (.html), all terms of its last neuron as a table (.csv), or"
        " how much each pixel matters as a picture (.png)",
        repeated=True,
    ),
    FORCE,
    THREADS,
    Option("json", bool, False, "print the result as one JSON object"),
)
OF_A_FILE = (  # those of `open` for an ONNX file
    Option(
        "inputs",
        Form("NAME=FILE.npy"),
        [],
        "an input of the network, as np.save writes it; FILE.npy alone where the network has one"
        " input",
        repeated=True,
    ),
    UNIT_OF_A_FILE,
    Option(
        "output_unit",
        PLACE,
        None,
        "the number that is differentiated; by default the opened neuron where it is an output"
        " of the network, else the largest number of the first output",
    ),
)
FLAGS = ("--exact", "--force", "--json", "--help")  # options that take no value
NEED_UNIT = ("output_unit", "depth", "terms", "digits", "exact")
ONCE = ("unit", "depth", "output", "force")  # options that a deeper look doesn't repeat


class OpenGroup(TyperGroup):
    """One command for each application, and one for files; options may stand before its name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Bring the name of the application or file to the front; without any, show the help."""
        args = args or ["--help"]
        is_value = False  # of the option before it
        for place, word in enumerate(args):
            if word.startswith("-"):
                is_value = "=" not in word and word not in FLAGS
            elif not is_value and (word in registry.NAMES or word.endswith(".onnx")):
                args = [word, *args[:place], *args[place + 1 :]]
                break
            else:
                is_value = False
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the applications."""
        return list(registry.NAMES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load the command of an application; any other word names a file."""
        if cmd_name in registry.NAMES:
            return build_application(cmd_name)
        if not cmd_name.endswith(".onnx") and not Path(cmd_name).exists():
            raise UserError(
                "name.unknown",
                f"there is no file {cmd_name}, and no application of that name"
                f"{suggest(cmd_name, registry.NAMES)}; name one, or an .onnx file",
                name=cmd_name,
                possible=registry.NAMES,
            )
        return build_file(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list for --help."""
        apps = [name for name in registry.NAMES if registry.find_app(name).networks]
        rows = [(name, read_probe(name).summary) for name in apps]
        with formatter.section("What can be opened"):
            formatter.write_dl([*rows, ("FILE.onnx", FILE_SUMMARY)])


def build_open() -> Any:
    """Make the group of commands."""
    names, example = "NAME|FILE.onnx ...", f"Example: {EXAMPLE}"
    parser = new_parser(cls=OpenGroup, help=OPEN_SUMMARY, epilog=example, subcommand_metavar=names)
    parser.callback()(lambda: None)
    return get_command(parser)


def build_application(name: str) -> Any:
    """Make the command that opens an application's network."""
    if not registry.find_app(name).networks:
        return build_refusal(name)
    signature = read_probe(name)
    (given,) = signature.inputs
    word = "TEXT" if given.is_text else "INPUT"
    argument = keyword(
        "source", None, Annotated[str | None, typer.Argument(metavar=word, hidden=True)]
    )
    text = f"{signature.summary}\n\n{word}: {given.text}."
    options = options_of(signature)
    call = partial(open_application, name, signature, options)
    return build(call, name, [argument], options, text, registry.open_example(name))


def build_file(path: str) -> Any:
    """Make the command that opens an ONNX file."""
    example = f"neuropil open {shlex.quote(path)} --input x.npy --unit conv1,0,3,5 -o walk.html"
    call = partial(open_file, path)
    return build(call, path, [], (*OF_A_FILE, *VIEW_OPTIONS), FILE_SUMMARY, example)


def build_refusal(name: str) -> Any:
    """Make the command of an application without a network, which says so whatever is typed."""
    words = f"{name} has no network to open; neuropil {name} --help says what it shows"

    def refuse() -> None:
        raise UserError("name.unsupported", words, name=name)

    anything = {"ignore_unknown_options": True, "allow_extra_args": True}
    alone = new_parser()
    alone.command(name, help=f"{words}.", context_settings=anything)(refuse)
    return get_command(alone)


def build(
    call: Callable[[Mapping[str, Any]], int],
    name: str,
    arguments: list[inspect.Parameter],
    options: Sequence[Option],
    text: str,
    example: str,
) -> Any:
    """Make a command of a function that takes everything by name."""
    parameters = [*arguments, *(to_parameter(option) for option in options)]
    return make_command(take_parameters(call, parameters), name, text, f"Example: {example}")


def read_probe(name: str) -> Signature:
    """Read what the probe of an application takes."""
    return Signature.of(registry.find_app(name).probe, has_outputs=False)


def options_of(signature: Signature) -> tuple[Option, ...]:
    """List the options of `open` for an application: the probe's own, and those of every `open`."""
    pixels = [PIXELS] if "image" in signature.inputs[0].kinds else []
    return (*signature.options, UNIT, *VIEW_OPTIONS, *pixels, WEIGHTS)


def open_application(
    name: str, signature: Signature, options: Sequence[Option], given: Mapping[str, Any]
) -> int:
    """Walk from a place of an application's result towards the inputs."""
    from neuropil.microscope import targets
    from neuropil.microscope.chain import load_chain

    view, files = read_view(options[len(signature.options) :], given)
    if not given["source"]:
        raise UserError(
            "input.required",
            f"open {name} needs an input, as in: {registry.open_example(name)}",
        )
    typed = {o.name: given[o.name] for o in signature.options if is_given(o, given[o.name])}
    if (
        "rate" in typed
        and "target" not in typed
        and any(o.name == "target" for o in signature.options)
    ):
        raise UserError(
            "option.missing", "--rate needs a --target, towards which the step is; add one"
        )
    asked = signature.parse(typed)
    settings = read_settings(view)
    app = Sessions().get(name, settings)
    (kind,) = signature.inputs
    source = given["source"]
    for path in files.values():
        refuse_inputs(path, [Path(source.removeprefix("@") if kind.is_text else source)])
    if kind.is_text:
        source = find_text(source, None, kind.name)
    probe: Probe = app.probe(open_input(kind, source, settings), **asked)
    graph = load_chain(probe.networks)
    if view["unit"]:
        probe = targets.with_unit(probe, targets.parse_unit(view["unit"], graph))
    words = [OPEN, name, given["source"], *repeat_options(options, given)]
    return walk_from(graph, probe, words, view, files)


def open_file(path: str, given: Mapping[str, Any]) -> int:
    """Walk from a unit of an ONNX file towards the inputs, or list its tensors."""
    from neuropil.microscope import targets
    from neuropil.microscope.graph import load_graph

    view, files = read_view((*OF_A_FILE, *VIEW_OPTIONS), given)
    graph = load_graph(Path(path))
    feeds = tuple(targets.ArrayInput.parse(text, graph.inputs) for text in view["inputs"])
    words = [OPEN, path, *repeat_options((*OF_A_FILE, *VIEW_OPTIONS), given)]
    if not view["unit"]:
        refuse_options_of_a_unit(given, files)
        return list_file(graph, Path(path), targets.record(graph, feeds), words, view["json"])
    probe = targets.probe_file(graph, Path(path), feeds, view["unit"], view["output_unit"])
    return walk_from(graph, probe, words, view, files)


def refuse_options_of_a_unit(given: Mapping[str, Any], files: Mapping[str, Path]) -> None:
    """Raise UserError for what was typed and means nothing where no neuron is opened."""
    of_a_unit = [option for option in (*OF_A_FILE, *VIEW_OPTIONS) if option.name in NEED_UNIT]
    typed = [option.flag for option in of_a_unit if is_given(option, given[option.name])]
    if needing := [*(f"a {suffix} file" for suffix in files), *typed]:
        raise UserError(
            "option.missing", f"{needing[0]} needs a neuron: name one by --unit NAME,I,J"
        )


def list_file(
    graph: "Graph",
    path: Path,
    activations: "Activations | None",
    words: Sequence[str],
    as_json: bool,
) -> int:
    """Sum up a network and list its tensors, and say what to type next."""
    from neuropil.microscope import formatting, summary, walk

    found = summary.summarize(graph)
    tensors = formatting.list_tensors(graph, activations)
    if activations:
        command = word_deeper(words, walk.first_unit(activations))
        following = [command] if command else []
    else:
        following = summary.first_commands(graph, path)
    if as_json:
        typer.echo(json.dumps({"tensors": tensors, **summary.to_json(found), "next": following}))
        return DONE
    lines = [*summary.to_lines(found, path), "tensors:", *(f"  {line}" for line in tensors)]
    lines += [f"next: {command}" for command in following]
    lines += filter(None, [summary.explain_closed_inputs(graph)])
    typer.echo("\n".join(lines))
    return DONE


def read_view(
    options: Sequence[Option], given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Path]]:
    """Read options that are no probe's own, and by their ending the files to be written."""
    view = {option.name: option.parse(given[option.name]) for option in options}
    files: dict[str, Path] = {}
    for path in map(Path, view["output"]):
        suffix = path.suffix.lower()
        require_ending(path, (WALK, TERMS, SALIENCY))
        if suffix in files:
            raise UserError(
                "option.conflict", f"{files[suffix]} and {path} are two files for one thing"
            )
        check_place(path, view["force"])
        files[suffix] = path
    return view, files


def read_settings(view: Mapping[str, Any]) -> Settings:
    """Read what stands beside an application's own options."""
    return Settings(
        max_pixels=view.get("max_pixels", PIXELS.default),
        threads=view["threads"],
        networks=tuple(view["weights"]),
    )


def repeat_options(options: Sequence[Option], given: Mapping[str, Any]) -> list[str]:
    """Write the options that were typed as they would be typed again, for a deeper look."""
    words: list[str] = []
    for option in options:
        value = given[option.name]
        if option.name in ONCE or not is_given(option, value):
            continue
        flag = option.flag
        values = value if isinstance(value, list) else [value]
        words += [flag] if value is True else [w for v in values for w in to_option(flag, str(v))]
    return words


def walk_from(
    graph: Any,
    probe: "Probe",
    words: Sequence[str],
    view: Mapping[str, Any],
    files: Mapping[str, Path],
) -> int:
    """Walk, write what was asked for, and show the walk."""
    from neuropil.microscope import formatting
    from neuropil.microscope.walk import walk_back

    try:
        walk = walk_back(graph, probe, depth=view["depth"], threads=view["threads"])
    except UserError as error:
        raise suggest_below(error, words, probe.network) from None
    command = word_deeper(words, walk.next)
    write_targets(walk, command, files)
    if view["json"]:
        found = formatting.to_json(walk, view["terms"]) | {"files": list(map(str, files.values()))}
        typer.echo(json.dumps(found, allow_nan=False))
        return DONE
    digits = None if view["exact"] else view["digits"]
    typer.echo("\n".join(formatting.to_lines(walk, digits, view["terms"])))
    for path in files.values():
        typer.echo(str(path))
    typer.echo(f"deeper: {command}" if command else "deeper: there are only inputs")
    failed = [stage.record.name for stage in walk.steps if not stage.record.check().passed]
    return complain(f"the check of {failed[0]} failed", FAULT) if failed else DONE


def suggest_below(error: UserError, words: Sequence[str], path: Path) -> UserError:
    """Say of a unit that can't be opened which command opens one that leads to it."""
    if "below" not in error.facts:
        return error
    command = word_deeper(words, cast("Unit | None", error.facts["below"]))
    return error.wrap(
        f"{error.message}; what can be opened nearest to it: {command}"
        if command
        else f"{error.message}; nothing that leads to it can be opened either",
        path,
    )


def write_targets(walk: "Walk", command: str, files: Mapping[str, Path]) -> None:
    """Write the page, the table and the picture that were asked for."""
    from neuropil.core.formatting import to_csv
    from neuropil.microscope import page, saliency

    paths = list(files.values())
    with make_folders(paths), write_together(paths) as places:
        for suffix, place in zip(files, places, strict=True):
            if suffix == WALK:
                place.write_text(page.render_walk(walk, command), encoding="utf-8")
            elif suffix == TERMS:
                place.write_text(to_csv(walk.steps[-1].record), encoding="utf-8")
            else:
                saliency.overlay(walk).save(place)


def word_deeper(words: Sequence[str], unit: "Unit | None") -> str:
    """Word the command that opens the unit behind the largest term."""
    return "" if unit is None else shlex.join(["neuropil", *words, *to_option("--unit", str(unit))])


def to_option(flag: str, value: str) -> list[str]:
    """Write an option and its value; a value that begins with a dash has to stand beside it."""
    return [f"{flag}={value}"] if value.startswith("-") else [flag, value]
