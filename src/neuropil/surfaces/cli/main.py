"""The command line of a process: a line in, an exit code out.

Exit codes: 0 done, 2 a mistake that the person can mend, 130 stopped by Ctrl-C, 1 a fault of ours.
Mistakes, interruptions and exit codes are seen to here alone.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from neuropil import __version__
from neuropil.jobs import Failed
from neuropil.surfaces.cli.group import CommandGroup
from neuropil.surfaces.cli.terminal import (
    DONE,
    FAULT,
    MISTAKE,
    STOPPED,
    complain,
    explain_typed,
    new_parser,
    show_failure,
)

INTERRUPTED = Event()  # by a signal
SUMMARY = "Small neural networks that do a job on an ordinary computer and show their work."


def main() -> None:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):  # file names need not be UTF-8
        getattr(stream, "reconfigure", dict)(errors="backslashreplace")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    sys.exit(flush(run(sys.argv[1:])))


def flush(code: int) -> int:
    """Let everything that was printed arrive; say where it can't, as on a full disk."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return code or FAULT
        return complain(f"what was printed could not be written: {error.strerror}", MISTAKE)
    return code


def interrupt(number: int, frame: object) -> None:
    """Stop as Ctrl-C does, and remember it: a library that is being loaded words it otherwise."""
    INTERRUPTED.set()
    raise KeyboardInterrupt


def run(line: Sequence[str]) -> int:
    """Do what a command line says and return its exit code."""
    try:
        words = list(line) or ["--help"]
        code = int(build_parser()(words, prog_name="neuropil", standalone_mode=False) or DONE)
        if code == STOPPED:  # as Typer turns Ctrl-C
            raise KeyboardInterrupt
        return code
    except typer.TyperException as error:
        usage = Failed("usage", word_usage_error(error, line))
        return show_failure(usage, None, as_json=wants_json(line))
    except BrokenPipeError:  # `neuropil list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAULT
    except (Exception, KeyboardInterrupt) as error:
        failed = explain_typed(KeyboardInterrupt() if INTERRUPTED.is_set() else error)
        if failed.ours and os.environ.get("NEUROPIL_DEBUG"):
            raise
        return show_failure(failed, None, as_json=wants_json(line))


def build_parser() -> typer.Typer:
    """Make the parser, whose commands are loaded when they are typed."""
    parser = new_parser(cls=CommandGroup, help=SUMMARY)
    parser.callback()(accept_general_options)
    return parser


def print_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        typer.echo(f"neuropil {__version__}")
        raise typer.Exit


def accept_general_options(
    version: Annotated[
        bool,
        typer.Option("--version", help="print the version", is_eager=True, callback=print_version),
    ] = False,
) -> None:
    """Take the options that come before a command."""


def wants_json(line: Sequence[str]) -> bool:
    """Tell whether the answer is read by a program, which then gets mistakes as JSON too."""
    return "--json" in line


def word_usage_error(error: typer.TyperException, line: Sequence[str]) -> str:
    """Word a mistake in the line as the others are worded."""
    if dashed := [word for word in line if word.startswith("-") and Path(word).exists()]:
        return f"{dashed[0]} reads as an option; for the file of that name type ./{dashed[0]}"
    near = getattr(error, "possibilities", None)
    text = " ".join((error.message if near else error.format_message()).split()).rstrip(".")
    text += "; --help shows what it takes" if "unexpected extra" in text else ""
    return text[:1].lower() + text[1:] + (f" (did you mean {near[0]}?)" if near else "")
