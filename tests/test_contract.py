"""Signatures read off methods: what a verb takes and gives, parsed, checked, described."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, final

import numpy as np
import pytest
from pydantic import Field, TypeAdapter
from refusals import refused

from neuropil import registry
from neuropil.contract import App, ResultParts, Verb, format_value, split_result, verb
from neuropil.kit.media.document import Document
from neuropil.kit.media.image import Image
from neuropil.kit.ranges import Range
from neuropil.signature import (
    Alias,
    Input,
    Json,
    Local,
    Option,
    Output,
    Signature,
    to_json,
    type_schema,
)

COMMANDS = list(registry.commands())


@dataclass(frozen=True)
class Spot:
    SYNTAX: ClassVar[str] = "X"
    x: int

    @classmethod
    def parse(cls, text: str) -> "Spot":
        return cls(int(text))


@dataclass(frozen=True)
class Place:
    x: int
    y: float


@dataclass(frozen=True)
class Found:
    """What was found.

    others: further ones
    """

    score: float
    picture: Image
    others: tuple[Image, ...]
    map: Image | None
    places: tuple[Place, ...]
    names: dict[str, float]
    note: str | None


@final
class Toy(App):
    """Does a thing."""

    summary = "Do a thing."

    @verb(example="neuropil toy old.jpg other.jpg")
    def __call__(
        self,
        photo: Image | Document,
        other: Image,
        *,
        strength: Annotated[float, Range(0, 2)] = 1.0,
        mode: Literal["plain", "fancy"] = "plain",
        spots: Annotated[tuple[Spot, ...], Alias("then-spot")] = (),
        count: int = 3,
        dark: bool = False,
        seed: Annotated[int | None, Range(0, 9)] = None,
        watch: Annotated[bool, Local()] = False,
    ) -> Image | Document:
        """Do a thing.

        With a remark: that explains nothing.

        photo: a picture
            or a sheet
        strength: how much: a share
        """
        return photo

    @verb(example="neuropil toy-find old.jpg", local=True)
    def find(self, photo: Image, *, at: Spot, map: bool = False) -> Found:
        """Find a thing."""
        return Found(float(at.x), photo, (), photo if map else None, (), {}, None)


SIGNATURE = Signature.of(Toy.__call__)
FIND = Signature.of(Toy.find)


# --- what a verb takes --------------------------------------------------------------------------


def test_a_signature_is_read_with_types_ranges_and_texts() -> None:
    assert SIGNATURE.summary == "Do a thing."
    assert SIGNATURE.details == "With a remark: that explains nothing."
    assert SIGNATURE.inputs == (
        Input("photo", (Image, Document), "a picture or a sheet"),
        Input("other", (Image,), ""),
    )
    assert SIGNATURE.options == (
        Option("strength", float, 1.0, "how much: a share", range=Range(0, 2)),
        Option("mode", str, "plain", "", choices=("plain", "fancy")),
        Option("spots", Spot, (), "", repeated=True, alias="then-spot"),
        Option("count", int, 3, ""),
        Option("dark", bool, False, ""),
        Option("seed", int, None, "", range=Range(0, 9), nullable=True),
        Option("watch", bool, False, "", local=True),
    )
    assert FIND.options[0] == Option("at", Spot, None, "", required=True)


def test_what_is_typed_or_posted_becomes_what_the_verb_takes() -> None:
    typed: dict[str, Json] = {
        "strength": "1.5",
        "mode": "fancy",
        "spots": ["1", "2"],
        "count": "7",
        "dark": True,
    }
    posted: dict[str, Json] = {
        "strength": 1.5,
        "mode": "fancy",
        "spots": ["1", "2"],
        "count": 7,
        "dark": True,
    }
    expected = {
        "strength": 1.5,
        "mode": "fancy",
        "spots": (Spot(1), Spot(2)),
        "count": 7,
        "dark": True,
    }
    assert SIGNATURE.parse(typed) == SIGNATURE.parse(posted) == expected
    assert SIGNATURE.parse({}) == {}
    assert SIGNATURE.parse({"seed": None}) == {"seed": None}


@pytest.mark.parametrize(
    ("name", "given", "code", "possible"),
    [
        ("strength", "much", "option.syntax", "from 0 to 2"),
        ("strength", "2.5", "option.range", "between 0 and 2"),
        ("strength", "nan", "option.range", "between 0 and 2"),
        ("strength", True, "option.syntax", ""),
        ("count", "1.5", "option.syntax", ""),
        ("count", 1.5, "option.syntax", ""),
        ("count", [1], "option.syntax", ""),
        ("mode", "odd", "option.choice", "plain, fancy"),
        ("dark", "yes", "option.syntax", ""),
        ("seed", 10, "option.range", "between 0 and 9"),
    ],
)
def test_a_bad_value_is_refused(name: str, given: Any, code: str, possible: str) -> None:
    with refused(code, name, str(given), possible):
        SIGNATURE.parse({name: given})


def test_an_unknown_and_a_missing_option_are_refused() -> None:
    with refused("name.unknown", "strenght", "strength"):
        SIGNATURE.parse({"strenght": 1})
    with refused("option.missing", "at", "X"):
        FIND.parse({})


def test_calls_from_python_are_held_to_the_ranges_too() -> None:
    picture = Image(np.zeros((1, 1, 3), np.uint8))
    with refused("option.range", "strength", "3"):
        Toy()(picture, picture, strength=3.0)
    with refused("option.choice", "mode", "odd"):
        Toy()(picture, picture, mode="odd")  # type: ignore[arg-type]
    assert Toy()(picture, picture, strength=2.0) is picture
    assert Toy()(picture, other=picture, spots="7") is picture  # type: ignore[arg-type]
    with refused("input.kind", "other", "str"):
        Toy()(picture, other="old.jpg")  # type: ignore[arg-type]
    with refused("name.unknown", "strenght", "strength"):
        Toy()(picture, picture, strenght=1)  # type: ignore[call-arg]
    with refused("option.syntax", "spots", "NoneType", "Spot", "X"):
        Toy()(picture, picture, spots=None)  # type: ignore[arg-type]


# --- what a verb gives --------------------------------------------------------------------------


def test_outputs_are_known_before_anything_runs() -> None:
    found = {output.name: output for output in FIND.outputs_for(Image)}
    assert [o.role for o in found.values()] == [
        "value",
        "primary",
        *["secondary"] * 2,
        *["value"] * 3,
    ]
    assert found["picture"].suffixes[0] == ".png"
    assert found["others"] == Output("others", Image, "secondary", True, False, "further ones")
    assert found["map"] == Output("map", Image, "secondary", False, True)


def test_a_result_may_follow_its_input() -> None:
    assert [o.type for o in SIGNATURE.outputs_for(Image)] == [Image]
    assert [o.type for o in SIGNATURE.outputs_for(Document)] == [Document]
    assert [o.printed for o in SIGNATURE.outputs_for(Document)] == [True]


def test_a_result_is_taken_apart_with_every_field() -> None:
    one, two = (Image(np.zeros((1, 1, 3), np.uint8)) for _ in range(2))
    made = Found(0.5, one, (one, two), None, (Place(1, 2.5),), {"cat": 0.25}, None)
    assert split_result(made, FIND.outputs_for(None)) == ResultParts(
        {"picture": one},
        {"others-1": one, "others-2": two},
        {"score": 0.5, "places": (Place(1, 2.5),), "names": {"cat": 0.25}, "note": None},
    )
    assert split_result(one, SIGNATURE.outputs_for(Image)) == ResultParts({"image": one})


def test_values_can_be_written_as_json() -> None:
    value = {"a": (Place(1, 2.5), None), "b": np.float32(0.5), "c": [True, "text"]}
    expected = {"a": [{"x": 1, "y": 2.5}, None], "b": 0.5, "c": [True, "text"]}
    assert json.loads(json.dumps(to_json(value))) == expected


@dataclass(frozen=True)
class Said:
    words: str

    def __str__(self) -> str:
        return self.words


def test_values_can_be_read_by_people() -> None:
    assert format_value((Place(1, 2.0), Place(30, 0.123456))) == "1,2 30,0.1235"
    assert format_value({"cat": 0.5, "dog": 1}) == "cat=0.5 dog=1"
    assert format_value("text") == "text"
    assert format_value(("one line", "two, lines")) == "\n  one line\n  two, lines"
    assert format_value((Said("a"), Said("b"))) == "a, b"
    assert format_value((Said("a  ->  b"), Said("c"))) == "\n  a  ->  b\n  c"


# --- applications -------------------------------------------------------------------------------


def test_verbs_are_found_by_their_commands() -> None:
    assert Toy.verbs() == {
        "toy": Verb("toy", "", SIGNATURE, "neuropil toy old.jpg other.jpg"),
        "toy-find": Verb("toy", "find", FIND, "neuropil toy-find old.jpg", local=True),
    }
    assert Toy.verbs()["toy-find"].method == "find"


@pytest.mark.parametrize("command", COMMANDS)
def test_what_packages_say_of_commands_is_what_the_methods_say(command: str) -> None:
    found = registry.find_verb(command)
    assert found.signature.summary == registry.commands()[command]
    assert found.signature.summary.endswith(".")
    assert len(found.signature.summary) <= 66
    assert set(registry.find_app(found.app).verbs()) <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_are_of_their_commands(command: str) -> None:
    assert registry.find_verb(command).example.startswith(f"neuropil {command}")


@pytest.mark.parametrize("command", COMMANDS)
def test_schemas_can_be_written_and_explain_everything(command: str) -> None:
    schema = json.loads(json.dumps(registry.find_verb(command).schema(), allow_nan=False))
    assert schema["command"] == command
    for option in schema["options"]["properties"].values():
        assert option["description"]
    for given in schema["inputs"]:
        assert given["text"]
    roles = [output["role"] for output in schema["outputs"]]
    assert roles.count("primary") <= len({str(output["of"]) for output in schema["outputs"]})


@pytest.mark.parametrize("command", [*COMMANDS, "toy"])
def test_options_are_what_pydantic_makes_of_the_same_hints(command: str) -> None:
    signature = SIGNATURE if command == "toy" else registry.find_verb(command).signature
    for option in signature.options:
        if hasattr(option.type, "parse") or hasattr(option.type, "open"):
            continue  # typed by people; pydantic knows nothing of their syntax
        kind: Any = Literal[option.choices] if option.choices else option.type
        if option.range:
            kind = Annotated[kind, Field(ge=option.range.low, le=option.range.high)]
        theirs = TypeAdapter(kind | None if option.nullable else kind).json_schema()
        ours = option.schema()
        beside = {"default", "description", "x-local"}
        assert {key: value for key, value in ours.items() if key not in beside} == theirs


FRAGMENT = re.compile("(about|beside|between|by|from|in|its|of|on|that|which|with)\\b")


@pytest.mark.parametrize("name", registry.NAMES)
def test_texts_stand_alone(name: str) -> None:
    app = registry.find_app(name)
    signatures = [found.signature for found in app.verbs().values()]
    signatures += [Signature.of(app.probe, has_outputs=False)] if app.networks else []
    texts = [option.text for found in signatures for option in found.options]
    texts += [given.text for found in signatures for given in found.inputs]
    assert [text for text in texts if FRAGMENT.match(text)] == []


def test_types_are_described() -> None:
    assert type_schema(tuple[Place, ...]) == {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"x": {"type": "integer"}, "y": {"type": "number"}},
        },
    }
    assert type_schema(Spot) == {"type": "string", "format": "spot", "x-syntax": "X"}
    assert type_schema(Image) == {"type": "string", "format": "path", "x-kind": "image"}


def test_cores_lie_in_their_range() -> None:
    for threads in (0, -3, 1025):
        with refused("option.range", "threads", threads):
            Toy(threads=threads)
    with refused("option.syntax", "threads", "x"):
        Toy(threads="x")  # type: ignore[arg-type]


def test_an_application_without_networks_refuses_any(tmp_path: Path) -> None:
    with refused("input.missing"):
        Toy(networks=[tmp_path / "none.onnx"])
    with refused("input.missing", "none.onnx"):
        Toy(networks=str(tmp_path / "none.onnx"))
