"""How options become flags of the command line, and the flags that go with every command.

The options of an application are read off its signature (`kit.signature`); these stand beside them.
"""

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from neuropil.kit.between import MAX_PIXELS, QUALITIES, QUALITY, Between
from neuropil.kit.signature import Option

DEPTH = Between(1, 200)
METAVARS = {int: "N", float: "NUMBER", str: "TEXT", Path: "PATH"}

NETWORK = (  # of an application that has one
    Option("threads", int, None, "how many cores to use; all by default", Between(1, 1024)),
    Option("weights", Path, None, "another ONNX file instead of the one in the package"),
)
COMMON = (  # the options of every application, after its own
    Option(
        "output",
        Path,
        None,
        "where to: a file (.jpg .png .webp .tif, films .mp4 .mov .mkv .webm) or a folder",
    ),
    Option("force", bool, False, "overwrite what is there"),
    Option("quality", int, QUALITY, "of JPEG, WebP and films", QUALITIES),
    Option("max_pixels", int, MAX_PIXELS, "refuse larger pictures"),
    *NETWORK,
    Option("json", bool, False, "print one JSON object for each picture or film"),
)
TELLING = (  # of an application that says something of its inputs and makes no others
    Option(
        "output",
        Path,
        None,
        "where to: a contact sheet of all (.png .jpg .webp .tif)",
    ),
    *COMMON[1:],
)
ALONE = (  # those of an application that takes options only
    Option("output", Path, None, "where to; a text is shown instead, if you name no file"),
    Option("force", bool, False, "overwrite what is there"),
    Option("json", bool, False, "print one JSON object"),
)
FEEDS = (  # the options of `open` for a file that is no application's
    Option("inputs", Path, (), "an input of the network", several=True),
    Option(
        "output",
        str,
        None,
        "what to differentiate, NAME,I,J: the unit itself or the largest output",
    ),
)
LENS = (  # the options of `open`, after those of the application
    Option("unit", str, None, "another unit: NAME,I,J,... of any tensor of the network"),
    Option("depth", int, 1, "how many neurons to open, each behind the largest term", DEPTH),
    Option("terms", int, 6, "how many terms of a neuron to show, the largest", Between(1, 100000)),
    Option("digits", int, 6, "how many significant digits to show", Between(1, 17)),
    Option("exact", bool, False, "show every digit instead"),
    Option("html", Path, None, "write the walk as a page, in which numbers can be changed"),
    Option("csv", Path, None, "write all terms of the last neuron as a table"),
    Option(
        "saliency",
        Path,
        None,
        "paint how much each pixel that is seen moves L, |dL/dx|, to this picture",
    ),
    Option("force", bool, False, "overwrite what is there"),
    Option("max_pixels", int, MAX_PIXELS, "refuse larger pictures"),
    *NETWORK,
    Option("json", bool, False, "print one JSON object"),
)


def parameter(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    """Make a parameter that is given by name."""
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def flag(option: Option) -> inspect.Parameter:
    """Write an option as Typer wants it; values stay texts, which the option itself reads."""
    word = option.name.removesuffix("s") if option.several else option.name
    names = [f"--{word.replace('_', '-')}", *(["-o"] if option.name == "output" else [])]
    names += [f"--{option.also}"] if option.also else []
    text = option.text + (f" ({option.range.strip()})" if option.range else "")
    if option.kind is bool:
        return parameter(option.name, False, Annotated[bool, typer.Option(*names, help=text)])
    form = getattr(option.kind, "form", None)
    if option.several:
        metavar = form or "NAME=FILE.npy"
        told = typer.Option(*names, help=f"{text}; can be repeated", metavar=metavar)
        return parameter(option.name, [], Annotated[list[str], told])
    metavar = form or "|".join(option.choices) or METAVARS.get(option.kind, "FILE")
    default = None if option.default is None else str(option.default)
    told = typer.Option(*names, help=text, metavar=metavar)
    return parameter(option.name, default, Annotated[str | None, told])
