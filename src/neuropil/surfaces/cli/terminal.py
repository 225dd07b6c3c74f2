"""What a terminal shows: progress on stderr, results on stdout, mistakes in one sentence."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from neuropil.checks import planned_outputs
from neuropil.contract import Verb
from neuropil.job import Job
from neuropil.jobs import Done, Emit, Event, Failed, Message, Progress, explain
from neuropil.kit import progress
from neuropil.kit.errors import UserError, escape_control
from neuropil.signature import Json, to_json
from neuropil.surfaces.cli.bars import terminal_progress

DONE, FAULT, MISTAKE, STOPPED = 0, 1, 2, 130  # exit codes
OPEN = "open"
OPEN_SUMMARY = "Open a neuron: its terms, sum, activation, gradient, proof."
MAP = "map"
MAP_SUMMARY = "Do a command for many files, by several processes or machines."


def new_parser(**settings: Any) -> typer.Typer:
    """Make a parser of plain help and no completion, whose errors come out as they are."""
    return typer.Typer(
        add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, **settings
    )


def say(sentence: str) -> None:
    """Say something on stderr."""
    typer.echo(f"neuropil: {escape_control(sentence)}", err=True)


def complain(sentence: str, code: int) -> int:
    """Say a mistake on stderr, and hand the exit code on."""
    say(sentence)
    return code


def explain_typed(error: BaseException) -> Failed:
    """Say why something failed, an option that the sentence begins with as it is typed: --at."""
    failed = explain(error)
    name = str(error.facts.get("name", "")) if isinstance(error, UserError) else ""
    is_option = failed.code.startswith("option.") and failed.message.startswith(f"{name} ")
    if name and (is_option or failed.message.startswith(f"{name} '")):
        typed = f"--{name.replace('_', '-')}{failed.message[len(name) :]}"
        return Failed(failed.code, typed)
    if failed.ours:
        words = f"internal error, {failed.message}; NEUROPIL_DEBUG=1 shows where"
        return Failed(failed.code, words, ours=True)
    return failed


def name_source(job: Job) -> dict[str, Json]:
    """Name the file of a job, and its page where it has several."""
    return {"input": job.inputs[0]} | ({} if job.page is None else {"page": job.page})


def show_failure(failed: Failed, job: Job | None, *, as_json: bool) -> int:
    """Say on stderr what went wrong, as JSON on stdout too, and give the exit code.

    job: the one that failed, where it was one of files
    """
    if as_json:
        record: dict[str, Json] = {} if job is None else name_source(job)
        record["error"] = {"code": failed.code, "message": failed.message}
        typer.echo(json.dumps(record))
    if failed.code == "cancelled":
        return complain(failed.message, STOPPED)
    return complain(failed.message, FAULT if failed.ours else MISTAKE)


@contextmanager
def report() -> Iterator[Emit]:
    """Draw the events of a job as bars on stderr, or as lines where that is no terminal."""
    with terminal_progress():
        listener = progress.listener()

        def emit(event: Event) -> None:
            if isinstance(event, Progress):
                listener.at(event.title, event.done, event.total)
            elif isinstance(event, Message):
                listener.say(event.text)

        yield emit


def show_skipped(verb: Verb, job: Job, *, as_json: bool) -> None:
    """Print, as JSON alone, an input whose results are there already, and these."""
    if as_json:
        files = {name: list(map(str, its)) for name, its in planned_outputs(verb, job).items()}
        typer.echo(json.dumps({**name_source(job), "files": files, "skipped": True}))


def show(verb: Verb, job: Job, done: Done, *, as_json: bool, is_one_of_many: bool = False) -> None:
    """Print what was done: the files, then the values; a line each, or one JSON object."""
    takes_file = bool(verb.signature.inputs) and not verb.signature.inputs[0].is_text
    if as_json:
        source: dict[str, Json] = name_source(job) if takes_file else {}
        record: dict[str, Json] = {**source, "files": to_json(done.files), **done.values}
        record |= {"messages": list(done.messages)} if done.messages else {}
        typer.echo(json.dumps(record, allow_nan=False))
        return
    outputs = [o for all_of in verb.signature.outputs.values() for o in all_of]
    if takes_file and not any(output.role != "value" for output in outputs):
        if not any("\n" in text for text in done.texts.values()):
            typer.echo(f"{escape_control(job.source)}: {', '.join(done.texts.values())}")
            return
        typer.echo(f"{escape_control(job.source)}:")
    documents = [str(done.values[o.name]) for o in outputs if o.printed and o.name in done.values]
    if documents and takes_file and is_one_of_many:
        typer.echo(f"{escape_control(job.source)}:")
    typer.echo("".join(documents), nl=False)
    for path in done.outputs:
        typer.echo(escape_control(path))
    if any(output.printed for output in outputs):
        return  # documents say it all
    for name, text in done.texts.items():
        typer.echo(f"{name.replace('_', ' ')}: {text}".replace(": \n", ":\n"))
