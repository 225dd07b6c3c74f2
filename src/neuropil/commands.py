"""The commands that are no application's: list, card, bench, train, demo."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from neuropil import registry
from neuropil.kit.errors import UserError, escape_control
from neuropil.kit.progress import on_terminal

Work = Callable[[], int]  # what is to be done, and the exit code that comes of it

DONE, MISTAKE = 0, 2  # exit codes; the other ones are in cli.py
Name = Annotated[str, typer.Argument(metavar="NAME", help="of an application", show_default=False)]


def complain(sentence: str, code: int) -> int:
    """Word a mistake on stderr, and hand the exit code on."""
    typer.echo(f"neuropil: {escape_control(sentence)}", err=True)
    return code


def _list() -> None:
    """List the applications."""
    width = max(map(len, registry.NAMES))
    for name in registry.NAMES:
        typer.echo(f"{name:{width}}  {registry.summary(name)}")


def _card(name: Name) -> None:
    """Show the model card of an application: data, results, limits."""
    text = re.sub("<!-- .*? -->", "", registry.card(name))  # marks for the tests of its figures
    if not sys.stdout.isatty():
        typer.echo(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))


def _bench(
    name: Name,
    data: Annotated[Path | None, typer.Option(help="photographs to measure quality on")] = None,
    tracks: Annotated[int | None, typer.Option(help="how many to drive", min=1, max=1000)] = None,
) -> Work:
    """Measure an application: tables, and one line of JSON, the last one."""

    def work() -> int:
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
        return DONE

    return work


def _train(
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
) -> Work:
    """Train the network of an application by one of its recipes."""

    def work() -> int:
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
        return DONE

    return work


def _demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="folder for the page")] = Path(
        "demo"
    ),
) -> Work:
    """Show every application on samples of its own, on one page."""

    def work() -> int:
        from neuropil import demo

        with on_terminal():
            page = demo.make(output)
        typer.echo(str(page))
        return DONE

    return work


COMMANDS: tuple[Callable[..., Any], ...] = (_list, _card, _bench, _train, _demo)
