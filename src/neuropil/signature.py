"""What a verb takes and gives, read once off a method: its parameters, its hints, its docstring.

    def __call__(self, photo: Image, *, top: Annotated[int, Range(1, 9)] = 3) -> Classification:
        '''Classify a picture.

        photo: a picture of any size
        top: how many answers, the likeliest first
        '''

Required inputs are positional, options keyword-only with defaults, everything is typed. The command
line, JSON and the tests read nothing else.
"""

import dataclasses
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from neuropil.kit.errors import UserError, suggest
from neuropil.kit.ranges import Range

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


# --- what a verb takes ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Alias:
    """Another name that an option goes by."""

    name: str


@dataclass(frozen=True)
class Local:
    """Marks an option that needs a screen: not on the page, not on a cluster."""


@dataclass(frozen=True)
class Input:
    """Something that a verb can't do without: media of one of some types, or a text."""

    name: str
    types: tuple[type, ...]
    text: str

    @property
    def is_text(self) -> bool:
        """Tell a text, which stands in the line itself, from a file."""
        return self.types == (str,)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Name the kinds of media that will do, or "text"."""
        return tuple("text" if kind is str else kind.KIND for kind in self.types)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Option:
    """Something with a default, mostly, and how it is read from what was typed or posted.

    type: bool, int, float, str, a Typed class, or a media class, of which a file is named
    repeated: whether it may be given several times; its value is a tuple then
    """

    name: str
    type: Any
    default: Any
    text: str
    range: Range | None = None
    choices: tuple[str, ...] = ()
    repeated: bool = False
    required: bool = False
    nullable: bool = False
    alias: str = ""
    local: bool = False

    def parse(self, raw: Json) -> Any:
        """Turn what was typed or posted into what the verb takes; raises UserError."""
        if self.repeated:
            return tuple(
                self._parse_one(each) for each in (raw if isinstance(raw, list) else [raw])
            )
        if raw is None and self.default is None and not self.required:
            return None
        return self._parse_one(raw)

    def _parse_one(self, raw: Json) -> Any:
        if raw is None:
            raise UserError("option.missing", f"{self.flag} is missing; it reads {self.syntax}")
        if hasattr(self.type, "parse"):
            return self._parse_typed(str(raw))
        if hasattr(self.type, "open"):
            return self._open(str(raw))
        if self.type is bool or self.type is str:
            return self._plain(raw)
        return self.checked(self._number(raw))

    def _parse_typed(self, text: str) -> Any:
        """Read a typed value; its mistakes begin with the option's name."""
        try:
            return self.type.parse(text)
        except UserError as error:
            is_named = error.message.startswith((f"{self.name} ", f"{self.singular} "))
            words = error.message if is_named else f"{self.singular} {text!r}: {error.message}"
            raise UserError(error.code, words, **{**error.facts, "name": self.singular}) from None

    def _open(self, name: str) -> Any:
        if not name:
            words = f'{self.name} is "", an empty name; name a file'
            raise UserError("option.syntax", words, name=self.name)
        return self.type.open(Path(name))

    def _plain(self, raw: Json) -> Any:
        if self.choices and raw not in self.choices:
            raise UserError(
                "option.choice",
                f"{self.name} is {raw}; it is one of {', '.join(self.choices)}",
                name=self.name,
                value=raw,
                possible=list(self.choices),
            )
        if not isinstance(raw, self.type):
            words = f"{self.name} is {raw}; it takes {self.syntax}"
            raise UserError("option.syntax", words, name=self.name, value=raw)
        return raw

    def _number(self, raw: Json) -> float:
        try:
            if isinstance(raw, bool | list | dict) or raw is None:
                raise ValueError
            number = float(raw) if self.type is float else int(raw)
            if self.type is int and not isinstance(raw, str) and number != raw:
                raise ValueError
        except (ValueError, OverflowError):
            words = f"{self.name} is {raw}; it takes {self.syntax}"
            raise UserError("option.syntax", words, name=self.name, value=raw) from None
        return number

    def convert(self, value: Any) -> Any:
        """Hold a value of a call from Python to type and range; a text is read as if typed.

        Raises UserError.
        """
        if self.repeated:
            several = value if isinstance(value, tuple | list) else [value]
            return tuple(self._convert_one(each) for each in several)
        if value is None and (self.nullable or self.default is None):
            return None
        return self._convert_one(value)

    def _convert_one(self, value: Any) -> Any:
        if isinstance(value, str) and self.type is not str:
            return self._parse_one(value)
        plain = value.item() if hasattr(value, "item") and self.type in (int, float) else value
        if self.type in (int, float):
            return self.checked(self._number(plain))
        if isinstance(self.type, type) and not isinstance(value, self.type):
            typed = f"{self.type.__name__}, or as text " if hasattr(self.type, "parse") else ""
            words = f"{self.name} is {type(value).__name__}; it takes {typed}{self.syntax}"
            raise UserError("option.syntax", words, name=self.name)
        return self.checked(value)

    @property
    def flag(self) -> str:
        """Write the option as it is typed: --hint of hints, --max-pixels of max_pixels.

        --from of from_, which Python has a word of its own for.
        """
        return f"--{self.singular.rstrip('_').replace('_', '-')}"

    @property
    def singular(self) -> str:
        """Name one of several values: hint of hints."""
        is_plural = self.repeated and self.name != "weights"
        return self.name.removesuffix("s") if is_plural else self.name

    def checked(self, value: Any) -> Any:
        """Hold a value to its range; raises UserError."""
        if self.range and value is not None:
            self.range.check(self.name, value)
        if self.choices and value not in self.choices:
            self._plain(value)
        return value

    @property
    def syntax(self) -> str:
        """Word what can be typed."""
        if hasattr(self.type, "SYNTAX"):
            return str(self.type.SYNTAX)
        if self.choices:
            return "|".join(self.choices)
        span = f" from {self.range.low:.15g} to {self.range.high:.15g}" if self.range else ""
        words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
        return f"{words.get(self.type, 'the name of a file')}{span}"

    def schema(self) -> dict[str, Json]:
        """Describe the option as JSON Schema."""
        one = type_schema(self.type)
        if self.choices:
            one["enum"] = list(self.choices)
        if self.range:
            one |= {"minimum": self.range.low, "maximum": self.range.high}
        if self.repeated:
            one = {"type": "array", "items": one}
        if self.nullable:
            one = {"anyOf": [one, {"type": "null"}]}
        if not self.required:
            one["default"] = to_json(self.default)
        described: dict[str, Json] = one | {"description": self.text}
        return described | ({"x-local": True} if self.local else {})


# --- what a verb gives ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Output:
    """A field of what a verb gives, known before it runs.

    role: the first media field is the primary one, whose file `-o` names
    repeated: several of a kind, `alternatives-1`, `alternatives-2`
    optional: there only where an option asks for it
    printed: a document, which is shown unless a file is named for it
    """

    name: str
    type: Any
    role: Literal["primary", "secondary", "value"]
    repeated: bool = False
    optional: bool = False
    text: str = ""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """List the endings of files that it can be written to, the usual one first; of media."""
        return tuple(self.type.SUFFIXES) if self.role != "value" else ()

    @property
    def printed(self) -> bool:
        """Tell a document, which is shown where no file is named for it."""
        return bool(getattr(self.type, "PRINTED", False))

    @property
    def named_only(self) -> bool:
        """Tell media that take long to make, and are written only where a file is named."""
        return bool(getattr(self.type, "NAMED_ONLY", False))

    def schema(self) -> dict[str, Json]:
        """Describe the field: a file with its kind and endings, or a value as JSON Schema."""
        if self.role == "value":
            return {"name": self.name, "role": "value", "schema": type_schema(self.type)}
        return {
            "name": self.name,
            "role": self.role,
            "kind": self.type.KIND,
            "suffixes": list(self.suffixes),
            "repeated": self.repeated,
            "optional": self.optional,
            "printed": self.printed,
        }


@dataclass(frozen=True)
class Signature:
    """What a verb takes and gives.

    outputs: of the first input's type where the result follows it, else under None
    """

    summary: str
    details: str
    inputs: tuple[Input, ...]
    options: tuple[Option, ...]
    outputs: Mapping[type | None, tuple[Output, ...]]

    @classmethod
    def of(cls, method: Callable[..., Any], *, has_outputs: bool = True) -> "Signature":
        """Read a method's parameters, hints and docstring; types must be known where it stands."""
        return _signature_of(inspect.unwrap(method), has_outputs)

    def outputs_for(self, first: type | None) -> tuple[Output, ...]:
        """Give what comes of a first input of a type."""
        return self.outputs[first] if first in self.outputs else next(iter(self.outputs.values()))

    def parse(self, raw: Mapping[str, Json]) -> dict[str, Any]:
        """Turn options by name into what the verb takes; raises UserError."""
        parsed = {name: self.option(name).parse(value) for name, value in raw.items()}
        missing = [o for o in self.options if o.required and o.name not in raw]
        return parsed | {option.name: option.parse(None) for option in missing}

    def convert(self, inputs: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Hold a call from Python to types and ranges, and give what it names; raises UserError."""
        named = {given.name: options[given.name] for given in self.inputs if given.name in options}
        for given, value in zip(self.inputs, [*inputs, *named.values()], strict=False):
            if not isinstance(value, given.types):
                wanted = " or ".join(kind.__name__ for kind in given.types)
                words = f"{given.name} is {type(value).__name__}; it takes {wanted}"
                raise UserError("input.kind", words, name=given.name)
        found = {name: value for name, value in options.items() if name not in named}
        return named | {name: self.option(name).convert(value) for name, value in found.items()}

    def option(self, name: str) -> Option:
        """Find an option; raises UserError where there is none of that name."""
        known = {option.name: option for option in self.options}
        if name not in known:
            possible = ", ".join(known) or "none"
            words = f"there is no option {name}{suggest(name, known)}; there are: {possible}"
            raise UserError("name.unknown", words, name=name, possible=tuple(known))
        return known[name]

    def schema(self) -> dict[str, Json]:
        """Describe everything as JSON: options as JSON Schema, inputs and outputs by kind."""
        return {
            "summary": self.summary,
            "inputs": [
                {"name": i.name, "kind": list(i.kinds), "text": i.text} for i in self.inputs
            ],
            "options": {
                "type": "object",
                "additionalProperties": False,
                "properties": {option.name: option.schema() for option in self.options},
                "required": [option.name for option in self.options if option.required],
            },
            "outputs": [
                {"of": None if first is None else first.KIND, **output.schema()}  # type: ignore[attr-defined]
                for first, outputs in self.outputs.items()
                for output in outputs
            ],
        }


@cache
def _signature_of(method: Callable[..., Any], has_outputs: bool) -> Signature:
    hints = get_type_hints(method, include_extras=True)
    parameters = list(inspect.signature(method).parameters.values())[1:]  # without self
    summary, details, texts = read_docstring(method)
    inputs, options = [], []
    for parameter in parameters:
        name, hint = parameter.name, hints[parameter.name]
        if parameter.kind is parameter.KEYWORD_ONLY:
            options.append(read_option(name, hint, parameter.default, texts.get(name, "")))
        else:
            inputs.append(Input(name, alternatives(hint), texts.get(name, "")))
    first = inputs[0].types if inputs else ()
    outputs: dict[type | None, tuple[Output, ...]] = {None: ()}
    if has_outputs:
        outputs = read_outputs(hints["return"], first)
    return Signature(summary, details, tuple(inputs), tuple(options), outputs)


def alternatives(hint: Any) -> tuple[Any, ...]:
    """Take a union apart."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def read_option(name: str, hint: Any, default: Any, text: str) -> Option:
    """Read an option off its hint: Annotated[int, Range(1, 9), Alias("n")]."""
    extras: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        extras = tuple(rest)
    kinds = [kind for kind in alternatives(hint) if kind is not NoneType]
    nullable = len(kinds) < len(alternatives(hint))
    kind, choices = kinds[0], ()
    repeated = get_origin(kind) is tuple
    if repeated:
        kind = get_args(kind)[0]
    if get_origin(kind) is Literal:
        kind, choices = str, get_args(kind)
    required = default is inspect.Parameter.empty
    return Option(
        name,
        kind,
        None if required else default,
        text,
        next((extra for extra in extras if isinstance(extra, Range)), None),
        choices,
        repeated,
        required,
        nullable,
        next((extra.name for extra in extras if isinstance(extra, Alias)), ""),
        any(isinstance(extra, Local) for extra in extras),
    )


def read_outputs(hint: Any, first: Sequence[type]) -> dict[type | None, tuple[Output, ...]]:
    """Read what comes out off the result type: media, or a dataclass of media and values.

    A union follows the types of the first input, one after the other: Image of Image, Film of Film.
    """
    kinds = alternatives(hint)
    if len(kinds) > 1:
        return {given: fields_of(made) for given, made in zip(first, kinds, strict=True)}
    return {None: fields_of(kinds[0])}


def fields_of(kind: Any) -> tuple[Output, ...]:
    """List the outputs of a result type; the first media field is the primary one."""
    if is_media(kind):
        return (Output(kind.KIND, kind, "primary"),)
    found: list[Output] = []
    hints = get_type_hints(kind)
    _, _, texts = read_docstring(kind)
    for each in dataclasses.fields(kind):
        (made, *_), optional, repeated = unpack(hints[each.name])
        role: Literal["primary", "secondary", "value"] = "value"
        if is_media(made):
            has_primary = any(output.role == "primary" for output in found)
            role = "secondary" if has_primary else "primary"
        shown = made if role != "value" else hints[each.name]
        found.append(Output(each.name, shown, role, repeated, optional, texts.get(each.name, "")))
    return tuple(found)


def unpack(hint: Any) -> tuple[tuple[Any, ...], bool, bool]:
    """Take a hint apart: what it is of, whether it may be None, whether it is several."""
    kinds = tuple(kind for kind in alternatives(hint) if kind is not NoneType)
    optional, repeated = len(kinds) < len(alternatives(hint)), get_origin(kinds[0]) is tuple
    return (get_args(kinds[0]) if repeated else kinds), optional, repeated


def is_media(kind: Any) -> bool:
    """Tell whether values of a type are written to files."""
    return isinstance(kind, type) and hasattr(kind, "SUFFIXES") and hasattr(kind, "save")


def read_docstring(described: Any) -> tuple[str, str, dict[str, str]]:
    """Take a docstring apart: its first line, what follows, and the text of each `name: text`."""
    lines = (inspect.getdoc(described) or "").splitlines()
    texts: dict[str, str] = {}
    details: list[str] = []
    name = ""
    for line in lines[1:]:
        if match := re.match(r"(\w+): (.*)", line):
            name, texts[match[1]] = match[1], match[2]
        elif name and line.startswith(" "):
            texts[name] += f" {line.strip()}"
        else:
            name = ""
            details.append(line)
    return (lines[0] if lines else ""), "\n".join(details).strip(), texts


def type_schema(kind: Any) -> dict[str, Json]:
    """Describe a type as JSON Schema."""
    plain = {bool: "boolean", int: "integer", float: "number", str: "string", NoneType: "null"}
    if kind in plain:
        return {"type": plain[kind]}
    if len(kinds := alternatives(kind)) > 1:
        return {"anyOf": [type_schema(each) for each in kinds]}
    if get_origin(kind) is Literal:
        return {"type": "string", "enum": list(get_args(kind))}
    if get_origin(kind) is tuple:
        return {"type": "array", "items": type_schema(get_args(kind)[0])}
    if hasattr(kind, "SYNTAX"):
        return {"type": "string", "format": kind.__name__.lower(), "x-syntax": kind.SYNTAX}
    if hasattr(kind, "KIND"):
        return {"type": "string", "format": "path", "x-kind": kind.KIND}
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return {"type": "object", "properties": {n: type_schema(h) for n, h in hints.items()}}
    return {}


def to_json(value: Any) -> Json:
    """Turn a value into what JSON can hold; typed values are written as they are typed."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    return float(value)
