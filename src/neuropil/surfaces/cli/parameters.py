"""How the options of a verb become flags, and the flags that stand beside them.

Values stay as they are typed; `Signature.parse` reads them, here as on every other surface.
"""

import codecs
import inspect
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from neuropil.checks import SETTINGS, takes_files
from neuropil.contract import Verb
from neuropil.kit.bounded import read_bytes, too_large
from neuropil.kit.errors import UserError
from neuropil.kit.progress import message
from neuropil.signature import Input, Option

METAVARS: dict[type, str] = {int: "N", float: "NUMBER", str: "TEXT"}
MOST_BYTES = 10_000_000  # of a text
LONGEST_NAME = 255  # bytes of a file's name
OF_FILES = ("output", "weights")  # texts that name files
AS_TYPED = (  # of a text that is an input
    "in quotes, a new line as \\n; @FILE reads it from a file, - from a pipe, and @@ begins a text"
    " with @"
)
FORCE = Option("force", bool, False, "overwrite what is there")
SKIP_EXISTING = Option("skip_existing", bool, False, "leave out inputs whose results are there")
QUALITY_OPTION, PIXELS, THREADS = SETTINGS
WEIGHTS = Option(
    "weights",
    str,
    [],
    "ONNX file to take in place of a network of the package, found by its inputs and outputs",
    repeated=True,
)
JSON = Option("json", bool, False, "print one JSON object for each input")


def common_options(verb: Verb, has_networks: bool) -> list[Option]:
    """List the options that stand beside a verb's own: where to, how large, how many cores."""
    outputs = [o for all_of in verb.signature.outputs.values() for o in all_of]
    media = [output for output in outputs if output.role != "value"]
    found: list[Option] = []
    if media:
        suffixes = dict.fromkeys(suffix for output in media for suffix in output.suffixes)
        text = f"where to: a file ({' '.join(suffixes)}), or a folder"
        together = max(verb.signature.outputs.values(), key=len)
        further = [output.name for output in together if output.role == "secondary"]
        if further:
            text += f"; of several results the ending tells which, or a name as old-{further[0]}"
        found += [Option("output", str, [], text, repeated=True), FORCE]
        found += [SKIP_EXISTING] if takes_files(verb) else []
    if any(output.type.KIND in ("image", "film") for output in media):
        found.append(QUALITY_OPTION)
    if any({"image", "image-folder"} & {*given.kinds} for given in verb.signature.inputs):
        found.append(PIXELS)
    return [*found, *([THREADS, WEIGHTS] if has_networks else []), JSON]


def to_parameter(option: Option) -> inspect.Parameter:
    """Write an option as Typer wants it."""
    names = [option.flag, *(["-o"] if option.name == "output" else [])]
    names += [f"--{option.alias}"] if option.alias else []
    span = f"{option.range.low:.15g} to {option.range.high:.15g}" if option.range else ""
    text = option.text + (f" (from {span})" if span else "")
    if option.type is bool:
        return keyword(option.name, False, Annotated[bool, typer.Option(*names, help=text)])
    syntax = getattr(option.type, "SYNTAX", None) or "|".join(option.choices)
    word = "FILE" if option.name in OF_FILES else METAVARS.get(option.type, "FILE")
    metavar = syntax or word
    if option.repeated:
        told = typer.Option(*names, help=f"{text}; can be repeated", metavar=metavar)
        return keyword(option.name, [], Annotated[list[str], told])
    default = None if option.default is None else str(option.default)
    told = typer.Option(*names, help=text, metavar=metavar)
    return keyword(option.name, default, Annotated[str | None, told])


def is_given(option: Option, value: Any) -> bool:
    """Tell whether an option was typed, or stands at its default."""
    default = None if option.default is None else str(option.default)
    return value not in (None, False, [], default)


def to_arguments(inputs: tuple[Input, ...]) -> list[inspect.Parameter]:
    """Write inputs as arguments: one text, several files, or one file each where they differ."""
    if len(inputs) == 1:
        (given,) = inputs
        if given.is_text:
            help_text = f"{given.text}, {AS_TYPED}"
            told = typer.Argument(metavar=given.name.upper(), help=help_text, show_default=False)
            words = "the same, as an option; a text that begins with @ is typed with two of them"
            flag = typer.Option(f"--{given.name}", help=words, metavar="TEXT")
            return [
                keyword("sources", None, Annotated[str | None, told]),
                keyword(given.name, None, Annotated[str | None, flag]),
            ]
        told = typer.Argument(metavar="INPUT", hidden=True)
        return [keyword("sources", None, Annotated[list[str] | None, told])]
    return [
        keyword(
            f"source_{number}",
            None,
            Annotated[str | None, typer.Argument(metavar=given.name.upper(), help=given.text)],
        )
        for number, given in enumerate(inputs)
    ]


def keyword(name: str, default: Any, annotation: Any) -> inspect.Parameter:
    """Make a parameter that is given by name."""
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def find_text(words: str | None, flag: str | None, name: str) -> str:
    r"""Find the text that is meant: in the line, in a file (@letter.txt), or piped in (-).

    In the line a new line is typed as \n, and a text that begins with @ has two of them.
    """
    said = [text for text in (words, flag) if text is not None]
    if len(said) > 1:
        raise UserError(
            "option.conflict", f"there are two texts; give one, in quotes or by --{name}"
        )
    text = said[0] if said else ""
    if text == "-":
        return decode(sys.stdin.buffer.read(MOST_BYTES + 1), "what is piped in")
    if not text.startswith("@") or len(text) == 1 or text.startswith("@@"):
        if names_file(text):
            message(f"{text} is taken as the text itself; @{text} reads the file of that name")
        return text.replace("\\n", "\n").replace("@@", "@", 1 if text.startswith("@@") else 0)
    path = Path(text[1:])
    try:
        return decode(read_bytes(path, MOST_BYTES, "give a shorter text"), str(path))
    except UserError as error:
        if error.code != "input.unreadable":
            raise
        reason = error.message.partition(";")[0]
        words = f"{text} names a file, and {reason}; for the text itself type @{text}"
        raise error.wrap(words, path) from error


def names_file(text: str) -> bool:
    """Tell a text that is the name of a file with an ending, such as letter.txt."""
    is_name = len(text.encode(errors="replace")) <= LONGEST_NAME and "\0" not in text
    return is_name and bool(Path(text).suffix) and Path(text).is_file()


def decode(content: bytes, whose: str) -> str:
    """Read bytes as text, with line ends as here; raises UserError where they are none.

    A byte-order mark is no part of the text; it tells UTF-16 from UTF-8, as editors write both.
    """
    if len(content) > MOST_BYTES:
        raise too_large(f"{whose} has", MOST_BYTES, "give a shorter text")
    try:
        is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return re.sub("\r\n?", "\n", content.decode("utf-16" if is_utf_16 else "utf-8-sig"))
    except UnicodeDecodeError:
        raise UserError("input.damaged", f"{whose} is not UTF-8 text; save it as such") from None
