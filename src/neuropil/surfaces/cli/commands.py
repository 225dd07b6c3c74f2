"""The commands that are no application's: list, card, bench, train, demo."""

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import typer

from neuropil import registry
from neuropil.kit.errors import UserError
from neuropil.kit.progress import on_terminal

Name = Annotated[str, typer.Argument(metavar="NAME", help="of an application", show_default=False)]


def build(name: str) -> Any:
    """Make the command of a name."""
    from neuropil.surfaces.cli.verb_command import make_command

    call = COMMANDS[name]
    return make_command(call, name, call.__doc__ or "", "")


def list_verbs(
    as_json: Annotated[
        bool, typer.Option("--json", help="print every verb's schema: options, inputs, outputs")
    ] = False,
) -> None:
    """List everything that the applications can do."""
    commands = registry.commands()
    if as_json:
        schemas = [registry.find_verb(command).schema() for command in commands]
        typer.echo(json.dumps(schemas, indent=1, ensure_ascii=False))
        return
    width = max(map(len, commands))
    for command, summary in commands.items():
        typer.echo(f"{command:{width}}  {summary}")


def show_card(name: Name) -> None:
    """Show the model card of an application: data, results, limits."""
    text = re.sub("<!-- .*? -->", "", registry.card(name))  # marks for the tests of its figures
    if not sys.stdout.isatty():
        typer.echo(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))


def run_benchmark(
    name: Name,
    data: Annotated[Path | None, typer.Option(help="photographs to measure quality on")] = None,
    tracks: Annotated[int | None, typer.Option(help="how many to drive", min=1, max=1000)] = None,
) -> None:
    """Measure an application: tables, then one line of JSON."""
    if data is not None and not data.is_dir():
        raise UserError(
            "data.missing",
            f"there is no folder {data}; name one of photographs by --data",
            path=data,
        )
    from neuropil import bench

    with on_terminal():
        lines = list(bench.lines(name, data, tracks))
    for text in lines:
        typer.echo(text)


def train_network(
    name: Name,
    recipe: Annotated[
        str | None, typer.Argument(help="the first one by default; any other word lists all")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="folder of the training data")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="change a number of the recipe", metavar="K=V")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
    out: Annotated[Path | None, typer.Option(help="folder for what is made")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on where it was stopped")] = False,
    minutes: Annotated[float | None, typer.Option(help="make the schedule fit this time")] = None,
    init: Annotated[
        Path | None, typer.Option(help="begin with the averaged weights of an earlier stage")
    ] = None,
) -> None:
    """Train the network of an application by one of its recipes."""
    recipes = registry.recipes(name)
    chosen = recipe or next(iter(recipes))
    if chosen not in recipes:
        raise UserError(
            "name.unknown",
            f"{name} has no recipe {chosen}; it has {', '.join(recipes)}",
            value=chosen,
            possible=tuple(recipes),
        )
    if data is None or not data.exists():
        given = f" {data}" if data else ""
        raise UserError(
            "data.missing",
            f"there is no training data{given}; name its folder by --data",
            path=data,
        )
    from neuropil.training.fit import fit
    from neuropil.training.recipe import overridden

    with on_terminal():
        made = fit(
            overridden(recipes[chosen](), settings or []),
            data=data,
            out=out or Path("runs", f"{name}-{chosen}"),
            device=device,
            minutes=minutes,
            resume=resume,
            init=init,
        )
    typer.echo(str(made))


def make_demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="folder for the page")] = Path(
        "demo"
    ),
) -> None:
    """Show every application at work on one page."""
    from neuropil import demo

    with on_terminal():
        page = demo.make(output)
    typer.echo(str(page))


COMMANDS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "list": list_verbs,
        "card": show_card,
        "bench": run_benchmark,
        "train": train_network,
        "demo": make_demo,
    }
)
