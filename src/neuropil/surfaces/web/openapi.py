"""The schema of the interface, OpenAPI 3.1: what FastAPI reads off the routes, and the forms.

    app.openapi = partial(describe_api, app)

A form is read while it comes, which FastAPI can't see: what it may bring is made here of what every
command and probe says of itself. The path of each command stands in place of the one of them all.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from neuropil import registry
from neuropil.signature import Signature

Schema = dict[str, Any]

TEXT = {"type": "string"}
FILE = {"type": "string", "format": "binary"}
FORM = "multipart/form-data"
COMMANDS, PROBES = "/api/jobs/{command}", "/api/open/{name}"
OTHERS: Mapping[str, Schema] = {
    "/api/tables": {"table": FILE},
    "/api/networks": {"network": FILE, "packaged": TEXT},
    "/api/networks/{name}/open": {
        "unit": TEXT,
        "job": TEXT,
        "depth": {"type": "integer", "minimum": 1, "maximum": 30},
        "seed": {"type": "integer", "minimum": 0},
        "shapes": {"type": "object", "additionalProperties": TEXT},
    },
}


def describe_api(app: FastAPI) -> Schema:
    """Describe all routes; made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes)
        paths = made["paths"]
        paths |= command_paths(paths.pop(COMMANDS)) | probe_paths(paths.pop(PROBES))
        for path, fields in OTHERS.items():
            paths[path]["post"]["requestBody"] = body(fields)
        app.openapi_schema = made
    return app.openapi_schema


def command_paths(general: Schema) -> Schema:
    """Describe a path for each command, of which the general one is a pattern."""
    found = {}
    for command in registry.commands():
        verb = registry.find_verb(command)
        if not verb.local:
            fields = fields_of(verb.signature) | {"network": TEXT}
            fields["endings"] = {"type": "object", "additionalProperties": TEXT}
            found[COMMANDS.replace("{command}", command)] = specialize(general, command, fields)
    return found


def probe_paths(general: Schema) -> Schema:
    """Describe a path for each application whose neurons can be opened."""
    found = {}
    for each in registry.describe_probes():
        name = each["app"]
        signature = Signature.of(registry.find_app(name).probe, has_outputs=False)
        fields = fields_of(signature) | {"unit": TEXT, "depth": {"type": "integer", "minimum": 1}}
        found[PROBES.replace("{name}", name)] = specialize(general, name, fields)
    return found


def fields_of(signature: Signature) -> Schema:
    """Describe the fields of a form: inputs, options, or the job whose inputs are meant."""
    inputs = {given.name: TEXT if given.is_text else FILE for given in signature.inputs}
    return {**inputs, "options": signature.schema()["options"], "job": TEXT}


def specialize(general: Schema, name: str, fields: Schema) -> Schema:
    """Make the path of one command or application of the general one."""
    post = {key: value for key, value in general["post"].items() if key != "parameters"}
    unique = f"{post['operationId']}_{name.replace('-', '_')}"
    return {"post": {**post, "operationId": unique, "requestBody": body(fields)}}


def body(fields: Schema) -> Schema:
    """Describe a form of fields."""
    return {"content": {FORM: {"schema": {"type": "object", "properties": fields}}}}
