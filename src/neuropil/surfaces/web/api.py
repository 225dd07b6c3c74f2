"""What the page and other programs ask for: verbs, jobs, their progress, their results.

    GET    /api/verbs               every command: inputs, options as JSON Schema, outputs
    POST   /api/jobs/{command}      a form: each input under its name, `options` and the `endings`
                                    of outputs as JSON, files of options under their names -> 202
    GET    /api/jobs/{name}         how far it is, and what was made
    GET    /api/jobs/{name}/events  the same as it changes, as server-sent events
    DELETE /api/jobs/{name}         stops it
    POST   /api/open/{app}          a form: the neuron behind a place of a result -> 202, as a job
    POST   /api/networks            an ONNX file, listed; POST .../{name}/open: a neuron of it
    GET    /api/results/{name}/{n}  the n-th file that was made
    GET    /api/walks/{name}        a neuron that was opened, as a page of its own
    GET    /api/sheets/{name}       the same neurons as homework, with solutions
    POST   /api/playground          a small network, moved by some steps, and all its numbers
    POST   /api/biology             the living neuron on some inputs; GET .../curve: its firing rate
    POST   /api/tables              a table of one's own, as points for that
    POST   /api/live/{app}          what goes on step by step, as a drive: a session, by its name
    POST   /api/sessions/{name}     the session moved, and what is to be seen
    DELETE /api/sessions/{name}     the session closed
    GET    /apps/{app}/view.js      what an application adds to the page: `prepare` and `show`

A job that nobody has asked about for a while is stopped: whoever reloads the page finds it again.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, StreamingResponse
from starlette.datastructures import FormData

from neuropil import registry
from neuropil.checks import check
from neuropil.jobs import explain
from neuropil.kit.errors import UserError
from neuropil.kit.ranges import Range
from neuropil.signature import Input, Option, Signature
from neuropil.surfaces.web.forms import (
    label_files,
    make_job,
    read_object,
    refuse_fields,
    refuse_paths,
    take_inputs,
    take_option_files,
)
from neuropil.surfaces.web.living import add_biology_routes
from neuropil.surfaces.web.networks import add_network_routes
from neuropil.surfaces.web.openapi import describe_api
from neuropil.surfaces.web.pages import add_page_routes
from neuropil.surfaces.web.playground import Play, advance, write_homework
from neuropil.surfaces.web.policy import Guard, Policy, RefusedError
from neuropil.surfaces.web.pool import QueueFullError, TaskPool
from neuropil.surfaces.web.store import NAME, JobStore
from neuropil.surfaces.web.studio import (
    ACCEPTED,
    FLAG,
    KnownJob,
    Studio,
    describe_job,
    files_of,
    refuse_full,
)
from neuropil.surfaces.web.tables import add_table_routes
from neuropil.surfaces.web.worker import SHEET, WALK, OpenTask, open_neuron, run_job

LOOK = 0.1  # seconds between two looks at a job that is followed
SWEEP = 1.0  # seconds between two looks for such jobs
DEPTH = Option("depth", int, 1, "how many neurons to open", Range(1, 30))
MISTAKE, GONE, NO_ROOM = 422, 404, 507
APART = MappingProxyType(  # a page with a script of its own, in an origin of its own
    {
        "content-security-policy": "sandbox allow-scripts; default-src 'none'; img-src data:;"
        " script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'"
    }
)
PLAIN = MappingProxyType(  # a page without any
    {"content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'"}
)
Options = Annotated[dict[str, Any], Body()]


def create_app(pool: TaskPool, store: JobStore, policy: Policy) -> FastAPI:
    """Make the application: routes, and the guard before them."""
    studio = Studio(pool, store)
    store.forget = studio.forget

    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(sweep(studio))
        loading = asyncio.create_task(asyncio.to_thread(describe_verbs))  # before it is asked for
        yield
        loading.cancel()
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping

    app = FastAPI(title="Neuropil", lifespan=live, docs_url=None, redoc_url=None)
    app.add_exception_handler(UserError, word_mistake)
    app.add_exception_handler(RefusedError, word_refusal)
    app.add_exception_handler(OSError, word_machine)
    app.add_exception_handler(RequestValidationError, word_invalid)
    add_job_routes(app, studio, policy)
    add_live_routes(app, studio)
    add_network_routes(app, studio)
    add_table_routes(app)
    add_biology_routes(app)
    add_page_routes(app)
    app.openapi = partial(describe_api, app)  # type: ignore[method-assign]
    app.add_middleware(Guard, policy=policy)
    return app


async def sweep(studio: Studio) -> None:
    """Look after jobs and results for as long as the studio is open."""
    while True:
        await asyncio.sleep(SWEEP)
        await asyncio.to_thread(studio.stop_lonely)
        await asyncio.to_thread(studio.sessions.close_idle)
        await asyncio.to_thread(studio.store.sweep)


def add_job_routes(app: FastAPI, studio: Studio, policy: Policy) -> None:
    """Add the routes of commands, jobs and neurons that are opened."""

    @app.get("/api/verbs")
    def list_verbs() -> list[dict[str, Any]]:
        """List every command that a page can offer."""
        return describe_verbs()

    @app.post("/api/jobs/{command}", status_code=ACCEPTED)
    async def start_job(command: str, request: Request) -> JSONResponse:
        """Take a job: its inputs and options, as a form."""
        return await take_job(studio, policy, command, request)

    @app.get("/api/probes")
    def list_probes() -> list[dict[str, Any]]:
        """List the applications whose neurons can be opened, and by what a place is named."""
        return registry.describe_probes()

    @app.post("/api/open/{name}", status_code=ACCEPTED)
    async def open_place(name: str, request: Request) -> JSONResponse:
        """Open the neuron behind a place of a result of an application."""
        return await take_look(studio, policy, name, request)

    @app.get("/api/jobs/{name}")
    def show_job(name: str) -> dict[str, Any]:
        """Tell how far a job is, and what was made."""
        return describe_job(studio, name)

    @app.get("/api/jobs/{name}/events")
    def follow_job(name: str) -> StreamingResponse:
        """Tell the same each time that it changes."""
        studio.find(name)
        return StreamingResponse(follow(studio, name), media_type="text/event-stream")

    @app.delete("/api/jobs/{name}")
    def stop_job(name: str) -> dict[str, Any]:
        """Stop a job."""
        studio.find(name)
        studio.pool.cancel(name)
        return describe_job(studio, name)

    @app.get("/api/walks/{name}")
    def give_walk(name: str) -> FileResponse:
        """Give a walk as a page of its own, which may not ask this server for anything."""
        page = studio.find(name).folder / WALK
        if not studio.store.bring(page):
            raise UserError("name.unknown", "that job has opened no neuron", name=name)
        return FileResponse(page, media_type="text/html", headers=dict(APART))

    @app.get("/api/sheets/{name}")
    def give_sheet(name: str) -> FileResponse:
        """Give the homework of neurons that were opened, a page that prints well."""
        sheet = studio.store.root / name / SHEET
        if not NAME.fullmatch(name) or not studio.store.bring(sheet):
            words = "there is no such sheet any more: sheets are kept for an hour; make it again"
            raise UserError("name.unknown", words, name=name)
        return FileResponse(sheet, media_type="text/html", headers=dict(PLAIN))

    @app.get("/api/results/{name}/{number}")
    def give_result(name: str, number: int) -> FileResponse:
        """Give a file that a job made."""
        files = files_of(studio, name)
        if not 0 <= number < len(files):
            raise UserError("name.unknown", f"the job made {len(files)} files", value=number)
        path = Path(files[number])
        if not studio.store.bring(path):
            raise UserError("name.unknown", "that file is gone; start the job again", name=name)
        return FileResponse(path)


def add_live_routes(app: FastAPI, studio: Studio) -> None:
    """Add the routes of what is moved step by step."""

    @app.post("/api/playground")
    def play_on(play: Play) -> dict[str, Any]:
        """Move a small network by some steps, and tell all its numbers."""
        return advance(play)

    @app.post("/api/playground/sheet")
    def write_sheet(play: Play) -> dict[str, str]:
        """Write the neuron that is open as homework, and tell its address."""
        sheet = write_homework(play)
        folder = studio.store.create()
        (folder / SHEET).write_text(sheet, encoding="utf-8")
        studio.store.keep(folder.name, "")
        return {"address": f"/api/sheets/{folder.name}"}

    @app.post("/api/live/{name}", status_code=ACCEPTED)
    def begin_session(name: str, options: Options) -> JSONResponse:
        """Begin something that goes on while the page looks on."""
        try:
            begun = studio.sessions.begin(name, options)
        except QueueFullError as error:
            return refuse_full(error)
        return JSONResponse({"name": begun}, ACCEPTED)

    @app.post("/api/sessions/{name}")
    def move_session(name: str, options: Options) -> dict[str, Any]:
        """Move a session, and tell what is to be seen."""
        return studio.sessions.advance(name, options)

    @app.delete("/api/sessions/{name}")
    def end_session(name: str) -> dict[str, str]:
        """Close a session."""
        studio.sessions.end(name)
        return {"name": name}


def describe_verbs() -> list[dict[str, Any]]:
    """Describe every command that needs no screen of this machine."""
    verbs = [registry.find_verb(command) for command in registry.commands()]
    return [verb.schema() for verb in verbs if not verb.local]


# --- a job taken --------------------------------------------------------------------------------


async def take_job(studio: Studio, policy: Policy, command: str, request: Request) -> JSONResponse:
    """Read the form of a job, check it, put it into the line; raises UserError, RefusedError.

    The form brings inputs, or names by `job` another one whose inputs are meant; by `network`, one
    that made the network that is to be used.
    """
    verb = registry.find_verb(command)
    folder = studio.store.create()
    try:
        async with request.form(max_files=policy.most_files, max_fields=100) as form:
            inputs, labels = await find_inputs(studio, form, verb.signature, folder)
            refuse_fields(verb.signature, form, "options", "endings", "job", "network")
            told = read_object(form.get("options"), "options")
            refuse_paths(verb.signature, told)
            options = told | await take_option_files(verb.signature, form, folder)
            endings = read_object(form.get("endings"), "endings")
            networks = await asyncio.to_thread(taught_networks, studio, form.get("network"))
        job = make_job(verb, inputs, options, endings, folder, networks)
        await asyncio.to_thread(check, job)
        known = KnownJob(command, job.inputs, told, folder, verb, labels)
        return await studio.take(known, run_job, job.to_json())
    except BaseException as error:
        studio.store.remove(folder.name)
        return refuse_full(error)


async def find_inputs(
    studio: Studio, form: FormData, signature: Signature, folder: Path
) -> tuple[list[str], Mapping[str, str]]:
    """Keep the inputs of a form; those that it lacks are of the job that it names.

    Also gives their labels.
    """
    labels = label_files(form, signature)
    if not form.get("job"):
        return await take_inputs(signature, form, folder), labels
    known = await asyncio.to_thread(studio.find, str(form["job"]))
    lacking = [each for each in signature.inputs if each.name not in form]
    reused = reuse_inputs(known, lacking)
    for given in lacking:
        if not given.is_text:
            await asyncio.to_thread(studio.store.bring, Path(reused[given.name]))
    return await take_inputs(signature, form, folder, reused), {**known.labels, **labels}


def reuse_inputs(known: KnownJob, lacking: Sequence[Input]) -> dict[str, str]:
    """Give the inputs of another job by name; raises UserError where they are of another sort.

    A text is never taken for a path: whoever wrote it could name any file of this machine.
    """
    given = known.verb.signature.inputs if known.verb else ()
    if [each.is_text for each in given] != [each.is_text for each in lacking]:
        words = "that job has other inputs; send them anew"
        raise UserError("input.kind", words, name="job")
    return {each.name: own for each, own in zip(lacking, known.inputs, strict=True)}


def taught_networks(studio: Studio, name: object) -> tuple[str, ...]:
    """Give the network that a job has made; none where no job is named; raises UserError."""
    if not name:
        return ()
    made = tuple(path for path in files_of(studio, str(name)) if path.endswith(".onnx"))
    if not made or not all(studio.store.bring(Path(path)) for path in made):
        words = "that job made no network; name one of classify-teach that has ended"
        raise UserError("name.unknown", words, name="network")
    return made


async def take_look(studio: Studio, policy: Policy, name: str, request: Request) -> JSONResponse:
    """Read what is to be opened, and put it into the line; raises UserError, RefusedError.

    The form names the job whose inputs are meant, by `job`, or brings them as that did.
    """
    signature = Signature.of(registry.find_app(name).probe, has_outputs=False)
    folder = studio.store.create()
    try:
        async with request.form(max_files=policy.most_files, max_fields=100) as form:
            inputs, labels = await find_inputs(studio, form, signature, folder)
            refuse_fields(signature, form, "options", "job", "unit", "depth")
            told = read_object(form.get("options"), "options")
            refuse_paths(signature, told)
            options = told | await take_option_files(signature, form, folder)
            depth = DEPTH.parse(str(form.get("depth") or 1))
            unit = str(form.get("unit") or "")
        signature.parse(options)
        task = OpenTask(name, tuple(inputs), options, unit, depth)
        known = KnownJob(f"open {name}", tuple(inputs), options, folder, labels=labels)
        return await studio.take(known, open_neuron, task.to_json())
    except BaseException as error:
        studio.store.remove(folder.name)
        return refuse_full(error)


# --- a job told ---------------------------------------------------------------------------------


async def follow(studio: Studio, name: str) -> AsyncIterator[str]:
    """Yield what is told of a job each time that it changes, until it has ended."""
    last = ""
    while name in studio.jobs:
        told = await asyncio.to_thread(describe_job, studio, name)
        text = json.dumps(told)
        if text != last:
            yield f"data: {text}\n\n"
            last = text
        if told["state"] not in ("waiting", "running"):
            return
        await asyncio.sleep(LOOK)


# --- mistakes -----------------------------------------------------------------------------------


async def word_mistake(request: Request, error: Exception) -> JSONResponse:
    """Answer a mistake that a person can mend."""
    assert isinstance(error, UserError)
    status = GONE if error.code == "name.unknown" else MISTAKE
    sentence = FLAG.sub(r"\1", error.message)
    told = {"code": error.code, "message": sentence, "name": str(error.facts.get("name") or "")}
    return JSONResponse(told, status)


async def word_invalid(request: Request, error: Exception) -> JSONResponse:
    """Answer a request whose JSON is of another form, or out of range: what and why."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = " ".join(str(part) for part in first["loc"] if part != "body")
    told = {"code": "option.range", "message": f"{name}: {first['msg']}", "name": name}
    return JSONResponse(told, MISTAKE)


async def word_machine(request: Request, error: Exception) -> JSONResponse:
    """Answer what the machine refused, as a full disk; nothing of the request is left."""
    failed = explain(error)
    if failed.code != "disk.full":
        raise error
    return JSONResponse({"code": failed.code, "message": failed.message, "name": ""}, NO_ROOM)


async def word_refusal(request: Request, error: Exception) -> PlainTextResponse:
    """Answer a request that is too large."""
    assert isinstance(error, RefusedError)
    return PlainTextResponse(error.sentence, error.status)
