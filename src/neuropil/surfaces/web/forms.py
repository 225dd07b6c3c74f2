"""What a form brings: inputs, options, files of both, and endings; and the job that it makes.

    job = make_job(verb, inputs, options, endings, folder)

Names that come with files are labels and no paths; no option can name a file of this machine.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from starlette.datastructures import FormData, UploadFile

from neuropil.checks import is_asked_for, outputs_of, takes_folder
from neuropil.contract import Verb
from neuropil.job import Job, Settings
from neuropil.kit.errors import UserError
from neuropil.signature import Input, Json, Option, Output, Signature
from neuropil.surfaces.web.store import INPUT, OUTPUT, name_folder, name_upload

CHUNK = 1 << 20  # bytes of an upload that are written at once
MAX_PIXELS = 100_000_000
NOTHING: Mapping[str, str] = MappingProxyType({})
PLAIN = re.compile(r"[\w-]{1,60}")  # what an option says that names no file


async def take_inputs(
    signature: Signature, form: FormData, folder: Path, reused: Mapping[str, str] = NOTHING
) -> list[str]:
    """Keep what was sent for all inputs, and give what the job is to open.

    reused: inputs that are there already, by their names
    """
    return [
        reused[given.name]
        if given.name in reused
        else await take_input(given, number, form.getlist(given.name), folder / INPUT)
        for number, given in enumerate(signature.inputs)
    ]


async def take_input(
    given: Input, number: int, parts: Sequence[UploadFile | str], folder: Path
) -> str:
    """Keep what was sent for an input, and give what the job is to open.

    number: of the input, so that two files do not become one
    """
    if not parts:
        words = f"the input {given.name} is missing; send it as a field of that name"
        raise UserError("input.required", words, name=given.name)
    if given.is_text:
        return str(parts[0])
    files = [part for part in parts if isinstance(part, UploadFile)]
    if len(files) < len(parts) or (len(files) > 1 and not takes_folder(given)):
        words = f"{given.name} takes {'files' if takes_folder(given) else 'one file'}"
        raise UserError("input.kind", words, name=given.name)
    if not takes_folder(given):
        return str(await keep(files[0], folder / name_upload(files[0].filename or "", number)))
    root = folder / given.name
    for place, file in enumerate(files):
        label = (file.filename or "").replace("\\", "/")
        parent = root / name_folder(label.rpartition("/")[0].rpartition("/")[2])
        parent.mkdir(parents=True, exist_ok=True)
        await keep(file, parent / name_upload(label, place))
    return str(root)


async def keep(file: UploadFile, path: Path) -> Path:
    """Write an uploaded file."""
    with path.open("wb") as kept:
        while part := await file.read(CHUNK):
            await asyncio.to_thread(kept.write, part)
    return path


async def take_option_files(signature: Signature, form: FormData, folder: Path) -> dict[str, Json]:
    """Keep the files that were sent for options, and give their paths by the options' names."""
    found: dict[str, Json] = {}
    for number, option in enumerate(filter(names_file, signature.options)):
        files = [part for part in form.getlist(option.name) if isinstance(part, UploadFile)]
        kept: list[Json] = []
        for place, file in enumerate(files if option.repeated else files[:1]):
            label = f"option-{number}-{name_upload(file.filename or '', place)}"
            kept.append(str(await keep(file, folder / INPUT / label)))
        if kept:
            found[option.name] = kept if option.repeated else kept[0]
    return found


def refuse_fields(signature: Signature, form: FormData, *others: str) -> None:
    """Raise UserError for a field that means nothing: an option belongs into `options`."""
    files = (option.name for option in signature.options if names_file(option))
    known = [*(given.name for given in signature.inputs), *files, *others]
    for name in form:
        if name not in known:
            words = f"there is no field {name}; possible are {', '.join(known)}"
            raise UserError(
                "option.conflict", f"{words}; options go into options, as JSON", name=name
            )


def names_file(option: Option) -> bool:
    """Tell an option whose value may be the name of a file."""
    return hasattr(option.type, "open")


def refuse_paths(signature: Signature, options: Mapping[str, Json]) -> None:
    """Raise UserError for an option that names a file of this machine, be there one or not."""
    for name, value in options.items():
        texts = value if isinstance(value, list) else [value]
        if names_file(signature.option(name)) and not all(map(is_plain, texts)):
            words = f"{name} takes a name, or a file that is sent as a field of that name"
            raise UserError("option.syntax", words, name=name)


def is_plain(value: Json) -> bool:
    """Tell a text that can be no file here, or nothing."""
    return value is None or (
        PLAIN.fullmatch(str(value)) is not None and not Path(str(value)).exists()
    )


def label_files(form: FormData, signature: Signature) -> dict[str, str]:
    """Tell what the files of inputs that take one file were called where they came from."""
    found = {}
    for number, given in enumerate(signature.inputs):
        file = form.get(given.name)
        if isinstance(file, UploadFile) and file.filename and not takes_folder(given):
            label = Path(file.filename.replace("\\", "/")).name
            found[name_upload(file.filename, number)] = label
    return found


def read_object(value: UploadFile | str | None, name: str) -> dict[str, Json]:
    """Read a JSON object of a form; raises UserError where it is none."""
    try:
        made = json.loads(str(value or "{}"))
    except ValueError:
        made = None
    if not isinstance(made, dict):
        words = f'{name} is one JSON object, as in {{"name": "value"}}'
        raise UserError("option.syntax", words, name=name, value=str(value)[:80])
    return made


def make_job(
    verb: Verb,
    inputs: Sequence[str],
    options: Mapping[str, Json],
    endings: Mapping[str, Json],
    folder: Path,
    networks: tuple[str, ...] = (),
) -> Job:
    """Make a job whose results go into its folder; raises UserError for options that are not.

    endings: of outputs by their names, where they are not to be the usual ones
    networks: files that are taken in place of the package's
    """
    verb.signature.parse(options)
    refuse_local(verb, options)
    source = Path(inputs[0]) if inputs and not verb.signature.inputs[0].is_text else None
    outputs = {
        output.name: str(folder / OUTPUT / f"{output.name}{choose_ending(output, endings, source)}")
        for output in outputs_of(verb, source)
        if output.role != "value"
        and is_asked_for(output, verb, options)
        and not (output.printed or output.named_only)
    }
    settings = Settings(max_pixels=MAX_PIXELS, threads=1, networks=networks)
    return Job(verb.command, tuple(inputs), options, outputs, settings)


def choose_ending(output: Output, endings: Mapping[str, Json], source: Path | None) -> str:
    """Choose the ending of a result: the one that is asked for, or a usual one."""
    wanted = endings.get(output.name)
    if wanted is None:
        return choose_suffix(output.suffixes, source)
    if wanted not in output.suffixes:
        words = f"{output.name} can't be {wanted}; it can be {', '.join(output.suffixes)}"
        raise UserError("option.choice", words, name=output.name, possible=output.suffixes)
    return str(wanted)


def choose_suffix(suffixes: Sequence[str], source: Path | None) -> str:
    """Choose the ending of a result: the source's where it can be written, as PNG, else the usual.

    JPEG in becomes JPEG out; what no browser shows becomes what it does.
    """
    shown = (".jpg", ".jpeg", ".png", ".webp", ".mp4", ".webm", ".svg")
    own = source.suffix.lower() if source else ""
    return own if own in suffixes and own in shown else suffixes[0]


def refuse_local(verb: Verb, options: Mapping[str, Json]) -> None:
    """Raise UserError for what needs a screen of this machine."""
    for name, value in options.items():
        if verb.signature.option(name).local and value:
            words = f"{name} opens a window, which a page can't; leave it out"
            raise UserError("option.conflict", words, name=name)
