"""ONNX files that are dropped in: kept like the inputs of a job, listed and opened by the workers.

    GET    /api/networks                the networks of the package, by application and role
    POST   /api/networks                a form: the file `network`, or `packaged`, a name -> 202
    POST   /api/networks/{name}/open    a form: `unit`, `depth`, `seed`, `shapes` as JSON, inputs as
                                        files under their names, or those of `job` -> 202

Both answer with a job, which is followed as every other.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData, UploadFile

from neuropil import registry
from neuropil.kit.errors import UserError
from neuropil.kit.ranges import Range
from neuropil.signature import Option
from neuropil.surfaces.web.forms import keep, read_object
from neuropil.surfaces.web.onnx_worker import NetworkTask, list_network, open_unit
from neuropil.surfaces.web.store import INPUT, name_upload
from neuropil.surfaces.web.studio import ACCEPTED, KnownJob, Studio, refuse_full

FILE = "network.onnx"  # in the folder of inputs
DEPTH = Option("depth", int, 3, "how many neurons to open", Range(1, 30))
SEED = Option("seed", int, 0, "of the inputs that are drawn", Range(0, 10**9))
MOST_INPUTS = 50


def add_network_routes(app: FastAPI, studio: Studio) -> None:
    """Add the routes of networks that are browsed."""

    @app.get("/api/networks")
    def list_packaged() -> list[dict[str, Any]]:
        """List the networks of the package, which can be browsed too."""
        return [
            {"name": name, "bytes": path.stat().st_size}
            for name, path in sorted(packaged_networks().items())
        ]

    @app.post("/api/networks", status_code=ACCEPTED)
    async def take_file(request: Request) -> JSONResponse:
        """Take a network, and list what it holds."""
        return await take_network(studio, request)

    @app.post("/api/networks/{name}/open", status_code=ACCEPTED)
    async def open_file(name: str, request: Request) -> JSONResponse:
        """Open a neuron of a network that was taken."""
        return await take_unit(studio, name, request)


def packaged_networks() -> dict[str, Path]:
    """Find the networks of the package: colorize.colorizer, ..., each file once."""
    found: dict[Path, str] = {}
    for app in registry.NAMES:
        for role, weights in registry.networks_of(app).items():
            found.setdefault(weights.path, f"{app}.{role}")
    return {name: path for path, name in found.items()}


async def take_network(studio: Studio, request: Request) -> JSONResponse:
    """Keep a network, or find a packaged one, and put its listing into the line."""
    folder = studio.store.create()
    try:
        async with request.form(max_files=1, max_fields=2) as form:
            path, label = await find_network(form, folder)
        known = KnownJob("network", (str(path),), {}, folder, labels={str(path): label})
        return await studio.take(known, list_network, NetworkTask(str(path)).to_json())
    except BaseException as error:
        studio.store.remove(folder.name)
        return refuse_full(error)


async def find_network(form: FormData, folder: Path) -> tuple[Path, str]:
    """Find the file that is meant, and what it is called."""
    file, packaged = form.get("network"), form.get("packaged")
    if isinstance(file, UploadFile):
        return await keep(file, folder / INPUT / FILE), Path(file.filename or FILE).name
    known = packaged_networks()
    if packaged not in known:
        words = f"send an ONNX file as network, or as packaged one of {', '.join(known)}"
        raise UserError("input.required", words, name="network")
    return known[str(packaged)], str(packaged)


async def take_unit(studio: Studio, name: str, request: Request) -> JSONResponse:
    """Read which neuron is to be opened, and put it into the line."""
    known = await asyncio.to_thread(studio.find, name)
    if known.command != "network":
        raise UserError("name.unknown", "that job brought no network", name=name)
    await asyncio.to_thread(studio.store.refresh, name)
    folder = studio.store.create()
    try:
        async with request.form(max_files=MOST_INPUTS, max_fields=100) as form:
            files, labels = await find_files(studio, form, folder)
            task = NetworkTask(
                known.inputs[0],
                unit=str(form.get("unit") or ""),
                depth=DEPTH.parse(str(form.get("depth") or DEPTH.default)),
                seed=SEED.parse(str(form.get("seed") or SEED.default)),
                shapes=read_shapes(form),
                files=files,
            )
        opened = KnownJob(
            "open network",
            (json.dumps(files),),
            {"unit": task.unit},
            folder,
            labels={**known.labels, **labels},
        )
        return await studio.take(opened, open_unit, task.to_json())
    except BaseException as error:
        studio.store.remove(folder.name)
        return refuse_full(error)


def read_shapes(form: FormData) -> dict[str, str]:
    """Read the shapes of inputs that are to be drawn."""
    return {name: str(shape) for name, shape in read_object(form.get("shapes"), "shapes").items()}


async def find_files(
    studio: Studio, form: FormData, folder: Path
) -> tuple[dict[str, str], Mapping[str, str]]:
    """Keep the inputs that were sent, or find those of another job, by name; and their labels."""
    if form.get("job"):
        other = await asyncio.to_thread(studio.find, str(form["job"]))
        if other.command != "open network":
            words = "that job opened no neuron of a network; send the inputs anew"
            raise UserError("input.kind", words, name="job")
        return dict(json.loads(other.inputs[0])), other.labels
    files, labels = {}, {}
    for number, (name, value) in enumerate(form.multi_items()):
        if isinstance(value, UploadFile) and value.filename:
            kept = await keep(value, folder / INPUT / name_upload(value.filename, number))
            files[name], labels[str(kept)] = str(kept), Path(value.filename).name
    return files, labels
