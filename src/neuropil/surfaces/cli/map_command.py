"""`neuropil map`: a verb for many files, by several processes here or on a cluster.

neuropil map colorize album -o new --workers 8 --strength 1.2
neuropil map lipsync @pairs.jsonl -o s3://new --resume
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from neuropil import registry
from neuropil.checks import is_divisible
from neuropil.contract import Verb
from neuropil.kit.errors import UserError, suggest
from neuropil.kit.ranges import Range
from neuropil.planning import Request
from neuropil.signature import Option
from neuropil.surfaces.cli.bars import terminal_progress
from neuropil.surfaces.cli.commands import Form, require_cluster
from neuropil.surfaces.cli.parameters import (
    common_options,
    is_given,
    keyword,
    to_parameter,
)
from neuropil.surfaces.cli.terminal import DONE, MAP_SUMMARY, MISTAKE, new_parser, say
from neuropil.surfaces.cli.verb_command import (
    make_command,
    read_settings,
    take_parameters,
)

EXAMPLE = "neuropil map colorize album -o new --workers 2"
OUTPUT = Option(
    "output", Form("DIR"), None, "a new folder, or an address (s3://...), for the results"
)
WORKERS = Option(
    "workers",
    int,
    None,
    "how many processes; by default one for each core of the machine or the cluster",
    Range(1, 10_000),
)
RESUME = Option("resume", bool, False, "go on with the run whose manifest lies in that folder")
THREADS_OF_ONE = Option(
    "threads", int, None, "how many cores each process uses; by default 1", Range(1, 1024)
)
OWN = (OUTPUT, WORKERS, RESUME, THREADS_OF_ONE)
LEFT_OUT = ("output", "force", "skip_existing", "threads", "json")


class MapGroup(TyperGroup):
    """One command for each verb that takes files."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the verbs."""
        return list(registry.commands())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load the command of a verb."""
        known = self.list_commands(ctx)
        if cmd_name not in known:
            near = suggest(cmd_name, known)
            words = f"map knows no command {cmd_name}{near}; there are: {', '.join(known)}"
            raise UserError("name.unknown", words, name=cmd_name, possible=known)
        return build_verb(registry.find_verb(cmd_name))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list for --help."""
        with formatter.section("What can be done for many files"):
            formatter.write_dl(
                [
                    (name, text)
                    for name, text in registry.commands().items()
                    if is_divisible(registry.find_verb(name))
                ]
            )


def build_map() -> Any:
    """Make the group of commands."""
    words = "VERB IN..."
    text = (
        f"{MAP_SUMMARY}\n\nIN: files, folders, patterns in quotes, addresses (s3://...), or @LIST,"
        " a file with a name on each line; for commands of several files a JSON object a line."
        " On this machine, or on the Ray cluster that RAY_ADDRESS names."
    )
    parser = new_parser(
        cls=MapGroup, help=text, epilog=f"Example: {EXAMPLE}", subcommand_metavar=words
    )
    parser.callback()(lambda: None)
    return get_command(parser)


def build_verb(verb: Verb) -> Any:
    """Make the command of a verb."""
    common = common_options(verb, bool(registry.find_app(verb.app).networks))
    kept = [option for option in common if option.name not in LEFT_OUT]
    options = [*verb.signature.options, *OWN, *kept]
    told = typer.Argument(metavar="IN", hidden=True)
    sources = keyword("sources", None, Annotated[list[str] | None, told])
    parameters = [sources, *(to_parameter(option) for option in options)]
    text = f"{verb.signature.summary}\n\n{MAP_SUMMARY}"
    command = take_parameters(partial(run_map, verb), parameters)
    return make_command(command, verb.command, text, f"Example: {EXAMPLE}")


def run_map(verb: Verb, given: Mapping[str, Any]) -> int:
    """Do a verb for what was typed; prints the name of the manifest."""
    require_cluster()
    from neuropil.surfaces.cluster.mapping import map_files

    named = [option for option in verb.signature.options if is_given(option, given[option.name])]
    request = Request(
        verb.command,
        tuple(given["sources"] or ()),
        {option.name: given[option.name] for option in named},
        (given["output"],) if given["output"] else (),
        read_settings(given),
    )
    with terminal_progress():
        summary = map_files(request, WORKERS.parse(given["workers"]), resume=given["resume"])
    say(str(summary))
    typer.echo(summary.manifest)
    return MISTAKE if summary.failed else DONE
