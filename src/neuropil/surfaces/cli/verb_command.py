"""A verb as a command: a request out of what was typed, its jobs planned, checked and run."""

import inspect
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from typer.main import get_command

from neuropil import registry
from neuropil.checks import (
    check,
    files_of,
    identify,
    is_done,
    planned_files,
    refuse_inputs,
    takes_folder,
)
from neuropil.contract import Verb
from neuropil.job import Job, Settings
from neuropil.jobs import Sessions, run
from neuropil.kit.errors import UserError
from neuropil.planning import Request, plan
from neuropil.signature import Json
from neuropil.surfaces.cli.parameters import (
    PIXELS,
    QUALITY_OPTION,
    THREADS,
    common_options,
    find_text,
    is_given,
    to_arguments,
    to_parameter,
)
from neuropil.surfaces.cli.terminal import (
    DONE,
    MISTAKE,
    complain,
    explain_typed,
    new_parser,
    report,
    say,
    show,
    show_failure,
    show_skipped,
)

CHECKED = 10_000  # jobs that are checked before the first is run; further ones as they come


def build_command(verb: Verb) -> Any:
    """Make the command of a verb, its parameters written into its signature."""
    signature = verb.signature
    common = common_options(verb, bool(registry.find_app(verb.app).networks))
    options = [to_parameter(option) for option in (*signature.options, *common)]
    parameters = [*to_arguments(signature.inputs), *options]
    command = take_parameters(partial(run_verb, verb), parameters)
    return make_command(command, verb.command, describe(verb), f"Example: {verb.example}")


def take_parameters(
    call: Callable[[Mapping[str, Any]], int], parameters: Sequence[inspect.Parameter]
) -> Callable[..., int]:
    """Make a function of these parameters, which hands them on by name: what Typer reads."""

    def command(**given: Any) -> int:
        return call(given)

    setattr(command, "__signature__", inspect.Signature(parameters))  # noqa: B010
    return command


def make_command(command: Any, name: str, help_text: str, epilog: str) -> Any:
    """Let Typer make a command of a function."""
    alone = new_parser()
    alone.command(name, help=help_text, epilog=epilog)(command)
    return get_command(alone)


def describe(verb: Verb) -> str:
    """Write the text of a command's help."""
    signature = verb.signature
    text = signature.summary
    if len(signature.inputs) == 1 and not signature.inputs[0].is_text:
        given = signature.inputs[0].text
        several = "" if takes_folder(signature.inputs[0]) else " Several, and folders, will do too."
        text += f"\n\nINPUT: {given}.{several}"
    return text


def run_verb(verb: Verb, given: Mapping[str, Any]) -> int:
    """Plan, check and run what was typed; a bad input is reported and the others are still done."""
    request = read_request(verb, given)
    verb.signature.parse(request.options)  # so that a mistake is said before files are looked at
    with report():  # folders that can't be read are said
        jobs = list(plan(request))
    skipped, left = part_done(verb, jobs, given)
    if len(jobs) > 1:
        for job in left[:CHECKED]:
            check_before(job, is_skipping=bool(given.get("skip_existing")))
    refuse_overwriting(verb, left, given)
    sessions = Sessions()
    sessions.get(verb.app, request.settings)  # so that a mistake about networks is said once
    for job in skipped:
        show_skipped(verb, job, as_json=given["json"])
    codes = [run_job(verb, job, sessions, given["json"], len(jobs) > 1) for job in left]
    failed = [code for code in codes if code != DONE]
    if skipped:
        say(f"{len(skipped)} of {len(jobs)} inputs skipped: their results are there already")
    if len(jobs) > 1 and failed:
        complain(f"{len(failed)} of {len(jobs)} inputs could not be done", MISTAKE)
    return min(failed, default=DONE)  # a fault of ours, 1, before mistakes, 2


def part_done(
    verb: Verb, jobs: Sequence[Job], given: Mapping[str, Any]
) -> tuple[list[Job], list[Job]]:
    """Part jobs that are to be skipped, where that was asked for, from those that are left."""
    if not given.get("skip_existing"):
        return [], list(jobs)
    if given.get("force"):
        words = "--force does again what --skip-existing leaves out; give one of them"
        raise UserError("option.conflict", words)
    parts: tuple[list[Job], list[Job]] = [], []
    for job in jobs:
        parts[not is_done(verb, job)].append(job)
    return parts


def run_job(verb: Verb, job: Job, sessions: Sessions, as_json: bool, is_one_of_many: bool) -> int:
    """Check and run one job, show what came of it, and give the exit code."""
    try:
        check(job)
        with report() as emit:
            done = run(job, sessions, emit=emit)
    except Exception as error:
        failed = explain_typed(error)
        if failed.ours and os.environ.get("NEUROPIL_DEBUG"):
            raise
        of_files = job if files_of(verb, job) else None
        return show_failure(failed, of_files, as_json=as_json)
    show(verb, job, done, as_json=as_json, is_one_of_many=is_one_of_many)
    return DONE


def refuse_overwriting(verb: Verb, jobs: Sequence[Job], given: Mapping[str, Any]) -> None:
    """Refuse outputs that are inputs of another job, or the file that the text is read from."""
    word = str(given.get("sources") or "")
    is_text = bool(verb.signature.inputs) and verb.signature.inputs[0].is_text
    read = [Path(word[1:])] if is_text and word.startswith("@") else []
    if not is_text:
        read += [Path(source) for job in jobs for source in job.inputs]
    inputs = {identify(path) for path in read} - {None}
    for path in (path for job in jobs for path in planned_files(verb, job)):
        if identify(path) in inputs:
            refuse_inputs(path, [path])


def check_before(job: Job, *, is_skipping: bool) -> None:
    """Refuse all work where a place is taken; an input that is missing costs its own job alone.

    So does a place that is taken, where what is done is skipped: the job is done by half.
    """
    try:
        check(job)
    except UserError as error:
        if error.code == "output.exists" and not is_skipping:
            words = f"{error.message}, or leave out what is done with --skip-existing"
            raise UserError(error.code, words, **error.facts) from error
        if error.code != "output.exists" and not error.code.startswith("input."):
            raise
    except OSError:  # of a single name, as one that is too long; said when its turn comes
        return


def read_request(verb: Verb, given: Mapping[str, Any]) -> Request:
    """Make a request of what was typed; options that were not typed keep their defaults."""
    named = [option for option in verb.signature.options if is_given(option, given[option.name])]
    options: dict[str, Json] = {option.name: given[option.name] for option in named}
    sources = read_sources(verb, given)
    for name in ("output", "weights"):
        if "" in (given.get(name) or ()):
            raise UserError("option.syntax", f'{name} is "", an empty name; name a file', name=name)
    if "-" in (given.get("output") or ()):
        raise UserError(
            "option.syntax",
            "output is -, a pipe; name a file or a folder",
            name="output",
        )
    outputs = tuple(given.get("output") or ())
    keeps_done = bool(given.get("skip_existing"))
    return Request(verb.command, sources, options, outputs, read_settings(given), keeps_done)


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Read what stands beside a verb's own options; what was not typed keeps its default."""
    return Settings(
        force=bool(given.get("force")),
        quality=QUALITY_OPTION.parse(given.get("quality", QUALITY_OPTION.default)),
        max_pixels=PIXELS.parse(given.get("max_pixels", PIXELS.default)),
        threads=THREADS.parse(given.get("threads")),
        networks=tuple(given.get("weights") or ()),
    )


def read_sources(verb: Verb, given: Mapping[str, Any]) -> tuple[str, ...]:
    """List the inputs that were typed; raises UserError for what can be none."""
    inputs = verb.signature.inputs
    if len(inputs) == 1 and inputs[0].is_text:
        return (find_text(given["sources"], given[inputs[0].name], inputs[0].name),)
    if len(inputs) == 1:
        sources = tuple(given["sources"] or ())
    else:
        typed = (given[f"source_{number}"] for number in range(len(inputs)))
        sources = tuple(source for source in typed if source is not None)
    for text in sources:
        refuse_name(text)
    return sources


def refuse_name(text: str) -> None:
    """Refuse what can be no file's name."""
    if not text:
        raise UserError(
            "input.required", 'one of the inputs is "", an empty name; name a file or a folder'
        )
    if text == "-":
        raise UserError(
            "input.address", "files are not read from a pipe (-); name a file or a folder"
        )
    if re.match("[a-z]+://", text):
        raise UserError("input.address", f"{text} is an address; save it, and name the file")
