"""The commands that are no application's: list, card, bench, train, demo, serve."""

import inspect
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import typer

from neuropil import registry
from neuropil.kit.errors import UserError, say_install, suggest
from neuropil.kit.progress import message
from neuropil.kit.ranges import Range
from neuropil.signature import Option
from neuropil.surfaces.cli.bars import terminal_progress
from neuropil.surfaces.cli.parameters import keyword, to_parameter
from neuropil.surfaces.cli.terminal import DONE, MAP, MAP_SUMMARY, OPEN, OPEN_SUMMARY

Given = Mapping[str, Any]  # words and options by name, as they were read


@dataclass(frozen=True)
class Form:
    """The type of an option that is a text of a certain form, which its help shows."""

    SYNTAX: str

    def parse(self, text: str) -> str:
        """Take the text as it is."""
        return text


@dataclass(frozen=True)
class Taken:
    """What a command takes: words in their order, each with what it is, and options."""

    example: str
    words: Mapping[str, str] = field(default_factory=dict)
    options: tuple[Option, ...] = ()


# --- what they do --------------------------------------------------------------------------------


def list_commands(given: Given) -> int:
    """List all commands, with a line about each."""
    if given["json"]:
        typer.echo(json.dumps(schemas(), indent=1, ensure_ascii=False))
        return DONE
    show_rows(summaries())
    return DONE


def schemas() -> list[dict[str, Any]]:
    """Describe the commands of every application, and the one that opens its neurons."""
    described: list[dict[str, Any]] = [
        registry.find_verb(command).schema() for command in registry.commands()
    ]
    described += registry.describe_probes()
    return sorted(described, key=lambda each: registry.NAMES.index(each["app"]))


def summaries() -> dict[str, str]:
    """Give one line about each command, none of them loaded."""
    others = {name: first_line(call) for name, call in COMMANDS.items()}
    return {**registry.commands(), OPEN: OPEN_SUMMARY, MAP: MAP_SUMMARY, **others}


def show_card(given: Given) -> int:
    """Show the model card of an application: data, results, limits."""
    marks = "<!-- .*? -->"  # for the tests of its figures
    text = re.sub(marks, "", registry.model_card(given["name"]))
    if not sys.stdout.isatty():
        typer.echo(text)
        return DONE
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))
    return DONE


def run_benchmark(given: Given) -> int:
    """Measure an application: tables, then one line of JSON."""
    from neuropil import bench

    data = read_path("data", given["data"])
    with terminal_progress():
        lines = list(bench.run_benchmark(given["name"], data, given["tracks"]))
    for text in lines:
        typer.echo(text)
    return DONE


def train_network(given: Given) -> int:
    """Train the network of an application by one of its recipes, or run a stage of it.

    A stage is a step before or after training that what ships has gone through: examples are
    collected, a network is calibrated or chosen.
    """
    name = given["name"]
    if name in registry.MADE_PARTS and not given["stage"] and not given["recipe"]:
        given = {**given, "stage": next(iter(registry.stages(name)))}
    if given["list"]:
        show_rows(list_stage(given) if given["stage"] else list_training(name))
        return DONE
    run = run_recipe if given["stage"] is None else run_stage
    with terminal_progress():
        made = run(given)
    typer.echo(str(made))
    return DONE


def list_training(name: str) -> dict[str, str]:
    """Give a line about each recipe of an application, and about each stage."""
    recipes = {key: first_line(recipe) for key, recipe in registry.recipes(name).items()}
    stages = registry.stages(name).values()
    return recipes | {f"--stage {stage.name}": stage.text for stage in stages}


def list_stage(given: Given) -> dict[str, str]:
    """Give a line about a stage, and about each thing that it takes."""
    stage = registry.find_stage(given["name"], given["stage"])
    return {f"--stage {stage.name}": stage.text, **stage.usage}


def run_recipe(given: Given) -> Path:
    """Train by a recipe, and return the file that was made."""
    name = given["name"]
    data, output = (read_path(key, given[key]) for key in ("data", "output"))
    init = tuple(filter(None, (read_path("init", path) for path in given["init"])))
    recipes = registry.recipes(name)
    chosen = given["recipe"] or next(iter(recipes))
    if chosen not in recipes:
        stage = f"; --stage {chosen} is a stage" if chosen in registry.stages(name) else ""
        raise UserError(
            "name.unknown",
            f"{name} has no recipe {chosen}{suggest(chosen, recipes)}; it has"
            f" {', '.join(recipes)}{stage}",
            value=chosen,
            possible=tuple(recipes),
        )
    if given["networks"]:
        words = "--network goes with --stage; a training begins with the weights of --init"
        raise UserError("option.conflict", words)
    if data is None or not data.exists():
        words = f" {data}" if data else ""
        raise UserError(
            "data.missing",
            f"there is no training data{words}; name its folder by --data",
            path=data,
        )
    from neuropil.training.recipe import with_settings

    recipe = with_settings(recipes[chosen](), given["set"])
    how = {name: given[name] for name in ("device", "minutes", "resume")}
    how |= {"data": data, "out": output or Path("runs", f"{name}-{chosen}"), "init": init}
    if given["workers"]:
        require_cluster()
        from neuropil.surfaces.cluster.training import Plan, train

        return train(recipe, Plan(**how), given["workers"])
    from neuropil.training.fit import fit

    return fit(recipe, **how)


def require_cluster() -> None:
    """Refuse work on a cluster where the libraries for it are missing: raises UserError."""
    for name in LIBRARIES:
        if find_spec(name) is None:
            words = f"{name} is missing; work on a cluster needs the extra [cluster]:"
            words = f"{words} {say_install('cluster')}"
            raise UserError("dependency.missing", words, name=name)


def run_stage(given: Given) -> Path:
    """Run a stage, and return what was made."""
    name = given["name"]
    stage = registry.find_stage(name, given["stage"])
    foreign = [o for o in TAKEN["train"].options if o.name in OF_RECIPES]
    if typed := [o.flag for o in foreign if given[o.name] != o.default]:
        words = f"{typed[0]} goes with a recipe, and not with --stage {stage.name}; leave it out"
        raise UserError("option.conflict", words)
    if given["recipe"]:
        words = f"{given['recipe']} and --stage {stage.name} are two things to do; type one of them"
        raise UserError("option.conflict", words)
    output = read_path("output", given["output"])
    needed = stage.parse(given["data"], given["networks"], given["set"])
    try:
        made = stage.run(output or Path("runs", f"{name}-{stage.name}"), **needed)
    except ModuleNotFoundError as error:
        raise registry.missing_library(error) from error
    if stage.stands_for:
        place = name if name in registry.MADE_PARTS else f"apps/{name}"
        message(f"it may take the place of {stage.stands_for} in the package's {place}")
    return made


def make_demo(given: Given) -> int:
    """Show every application at work on one page."""
    from neuropil import demo

    folder = read_path("output", given["output"])
    with terminal_progress():
        page = demo.build_demo(folder or Path(DEMO))
        message("to try it all in a browser: neuropil serve, in a clone ./run neuropil serve")
    typer.echo(str(page))
    return DONE


def serve_studio(given: Given) -> int:
    """Start the studio: a page in the browser on which everything runs."""
    if given["cluster"]:
        return serve_on_cluster(given)
    for name in OF_CLUSTERS:
        if given[name] is not None:
            words = f"--{name} goes with --cluster; add that, or leave it out"
            raise UserError("option.conflict", words, name=name)
    try:
        from neuropil.surfaces.web.serve import serve
    except ModuleNotFoundError as error:
        words = f"{error.name} is missing; the studio needs the extra [studio]:"
        words = f"{words} {say_install('studio')}"
        raise UserError("dependency.missing", words, name=error.name) from error
    serve(given["host"], given["port"], given["token"], typer.echo, browse=not given["quiet"])
    return DONE


def serve_on_cluster(given: Given) -> int:
    """Start the studio on the cores of a cluster, for many."""
    for name in NEEDED_ON_CLUSTERS:
        if not given[name]:
            example = "neuropil serve --cluster --token SECRET --store s3://BUCKET/studio"
            words = f"--cluster needs --{name}, as in: {example}"
            raise UserError("option.missing", words, name=name)
    require_cluster()
    from neuropil.surfaces.cluster.studio.serving import Service, name_store, serve_cluster

    service = Service(name_store(given["store"]), given["token"])
    place = (given["host"], given["port"])
    serve_cluster(service, *place, given["workers"], typer.echo, browse=not given["quiet"])
    return DONE


def show_rows(rows: Mapping[str, str]) -> None:
    """Print names, and what is said of each beside it."""
    width = max(map(len, rows), default=0)
    for name, text in rows.items():
        typer.echo(f"{name:{width}}  {text}".rstrip())


def first_line(described: object) -> str:
    """Give the first line of a docstring."""
    return (inspect.getdoc(described) or "").partition("\n")[0]


def read_path(name: str, text: str | None) -> Path | None:
    """Read the name of a file or folder; raises UserError where it is empty or a pipe."""
    if text == "":
        raise UserError("option.syntax", f'{name} is "", an empty name; name a place', name=name)
    if text == "-":
        raise UserError("option.syntax", f"{name} is -, a pipe; name a file or a folder", name=name)
    return None if text is None else Path(text)


# --- what they take ------------------------------------------------------------------------------


DEMO = "demo"
LIBRARIES = ("ray", "fsspec", "obstore", "fastapi", "pebble")  # of the extra [cluster]
OF_CLUSTERS = ("store", "workers")  # options that mean nothing to a studio on this machine alone
NEEDED_ON_CLUSTERS = ("token", "store")
FOLDER = Form("DIR")
PORT = Range(1, 65535)
OF_RECIPES = (
    "device",
    "resume",
    "minutes",
    "workers",
    "init",
)  # options that mean nothing to a stage
COMMANDS: Mapping[str, Callable[[Given], int]] = MappingProxyType(
    {
        "list": list_commands,
        "card": show_card,
        "bench": run_benchmark,
        "train": train_network,
        "demo": make_demo,
        "serve": serve_studio,
    }
)
TAKEN: Mapping[str, Taken] = MappingProxyType(
    {
        "list": Taken(
            "neuropil list",
            options=(
                Option(
                    "json",
                    bool,
                    False,
                    "print what each command of an application takes and gives, and what is asked"
                    " to open its neurons, as JSON",
                ),
            ),
        ),
        "card": Taken(
            "neuropil card colorize", {"name": "an application, such as colorize or handwrite"}
        ),
        "bench": Taken(
            "neuropil bench colorize",
            {
                "name": "an application, or a part of the package:"
                " core, microscope, biology, cli, studio, cluster, eye"
            },
            (
                Option(
                    "data",
                    FOLDER,
                    None,
                    "folder of what quality is measured on, as the card describes it; speed is"
                    " measured without",
                ),
                Option(
                    "tracks",
                    int,
                    None,
                    "how many tracks the car drives, for drive alone; 10 by default",
                    Range(1, 1000),
                ),
            ),
        ),
        "train": Taken(
            "neuropil train colorize --data photos -o runs/mine",
            {
                "name": "an application, such as colorize, or eye",
                "recipe": "one of its recipes; by default the first that --list prints",
            },
            (
                Option(
                    "list",
                    bool,
                    False,
                    "print the recipes and stages of the application, or what a --stage takes;"
                    " train nothing",
                ),
                Option(
                    "stage",
                    Form("NAME"),
                    None,
                    "run a stage, a step before or after training, instead of a recipe;"
                    " --list names them",
                ),
                Option(
                    "data",
                    FOLDER,
                    None,
                    "folder of the training data, as the application's card describes them",
                ),
                Option(
                    "set",
                    Form("NAME=NUMBER"),
                    [],
                    "change a number of the recipe or stage, such as steps=2000 or lr=1e-3",
                    repeated=True,
                ),
                Option(
                    "networks",
                    Form("FILE"),
                    [],
                    "ONNX file that a stage works on, with --stage alone",
                    repeated=True,
                ),
                Option(
                    "device",
                    str,
                    "auto",
                    "where to compute; auto takes a GPU where there is one",
                    choices=("auto", "cpu", "cuda"),
                ),
                Option(
                    "output",
                    FOLDER,
                    None,
                    "folder for what is made; by default runs/NAME-RECIPE or runs/NAME-STAGE",
                ),
                Option(
                    "resume", bool, False, "go on with the training in that folder where it stopped"
                ),
                Option(
                    "minutes",
                    float,
                    None,
                    "minutes that the training takes; by default the steps of the recipe count",
                    Range(0.1, 100_000),
                ),
                Option(
                    "workers",
                    int,
                    None,
                    "train by so many processes, here or on the Ray cluster that RAY_ADDRESS names;"
                    " each takes its share of every batch",
                    Range(1, 1000),
                ),
                Option(
                    "init",
                    Form("FILE"),
                    (),
                    "begin with the averaged weights of an earlier training, its averages.npz; of"
                    " several with their mean, which --set steps=0 keeps as it is",
                    repeated=True,
                ),
            ),
        ),
        "demo": Taken(
            "neuropil demo -o shown",
            options=(Option("output", FOLDER, DEMO, "folder for the page"),),
        ),
        "serve": Taken(
            "neuropil serve",
            options=(
                Option("port", int, None, "port of the address; by default 8765 or near it", PORT),
                Option("host", str, "127.0.0.1", "where it listens; on others it needs a --token"),
                Option("token", str, None, "a word that who asks has to bring"),
                Option("quiet", bool, False, "don't open a browser"),
                Option(
                    "cluster",
                    bool,
                    False,
                    "for many: on all cores of this machine, or of the Ray cluster that RAY_ADDRESS"
                    " names; needs a --token and a --store",
                ),
                Option(
                    "store",
                    Form("ADDRESS"),
                    None,
                    "where results go with --cluster: s3://BUCKET/studio, gs://, az://, or a folder"
                    " that all machines see",
                ),
                Option(
                    "workers",
                    int,
                    None,
                    "with --cluster, how many jobs run at once; by default one on each core",
                    Range(1, 10_000),
                ),
            ),
        ),
    }
)


def build(name: str) -> Any:
    """Make the command of a name."""
    from neuropil.surfaces.cli.verb_command import make_command, take_parameters

    call, taken = COMMANDS[name], TAKEN[name]

    def command(given: Given) -> int:
        if "name" in taken.words and not given["name"]:
            raise UserError("input.required", f"{name} needs a name, as in: {taken.example}")
        return call({**given, **{o.name: o.parse(given[o.name]) for o in taken.options}})

    words = [to_word(word) for word in taken.words]
    parameters = [*words, *(to_parameter(option) for option in taken.options)]
    told = [f"{word.upper()}: {text}." for word, text in taken.words.items()]
    text = "\n\n".join([inspect.getdoc(call) or "", *told])
    return make_command(
        take_parameters(command, parameters), name, text, f"Example: {taken.example}"
    )


def to_word(name: str) -> inspect.Parameter:
    """Make the parameter of a word that stands alone; its text is in the command's own."""
    told = typer.Argument(metavar=name.upper(), hidden=True)
    return keyword(name, None, Annotated[str | None, told])
