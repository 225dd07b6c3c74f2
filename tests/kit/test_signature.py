from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import pytest
from refusals import refused

from neuropil.kit.between import Between
from neuropil.kit.sheet import Sheet
from neuropil.kit.signature import Input, Option, Signature, endings, read


@dataclass(frozen=True)
class Spot:
    form: ClassVar[str] = "X"
    x: int

    @classmethod
    def parse(cls, text: str) -> "Spot":
        return cls(int(text))


class Caller:
    def __call__(
        self,
        photo: int | str,
        other: Path,
        *,
        strength: Annotated[float, Between(0, 2)] = 1.0,
        mode: Literal["plain", "fancy"] = "plain",
        spots: tuple[Spot, ...] = (),
        count: int = 3,
        dark: bool = False,
    ) -> int:
        """Do a thing.

        With a remark: that explains nothing.

        photo: a picture
            or a number
        strength: how much: a share
        """
        return 0


def test_a_signature_is_read_with_types_ranges_and_texts() -> None:
    assert read(Caller.__call__) == Signature(
        "Do a thing.",
        (Input("photo", (int, str), "a picture or a number"), Input("other", (Path,), "")),
        (
            Option("strength", float, 1.0, "how much: a share", limits=Between(0, 2)),
            Option("mode", str, "plain", "", choices=("plain", "fancy")),
            Option("spots", Spot, (), "", several=True),
            Option("count", int, 3, ""),
            Option("dark", bool, False, ""),
        ),
    )


class Film:
    ENDINGS: ClassVar = (".mp4", ".gif")


class Note:
    ENDINGS: ClassVar = (".txt",)


@dataclass(frozen=True)
class Made:
    seconds: float
    film: Film
    note: Note


def test_endings_are_those_of_the_media_that_come_out() -> None:
    def call(self: object) -> Made | Note:
        raise NotImplementedError

    assert endings(call) == [".mp4", ".gif", ".txt"]


def test_a_text_beside_media_can_be_written_too() -> None:
    @dataclass(frozen=True)
    class Both:
        text: Sheet
        film: Film | None = None

    def call(self: object) -> Both:
        raise NotImplementedError

    call.__annotations__["return"] = Both
    assert endings(call) == [".mp4", ".gif", ".txt"]


def test_what_is_typed_becomes_what_the_call_takes() -> None:
    strength, mode, spots, count, dark = read(Caller.__call__).options
    assert strength.value("1.5") == 1.5
    assert strength.value(1) == 1
    assert mode.value("fancy") == "fancy"
    assert spots.value(["1", "2"]) == (Spot(1), Spot(2))
    assert count.value("7") == 7
    assert dark.value(True) is True
    assert Option("weights", Path, None, "").value("a") == Path("a")
    assert Option("threads", int, None, "").value(None) is None


def test_a_file_has_a_name() -> None:
    with refused("option.syntax", "output"):
        Option("output", Path, None, "").value("")


@pytest.mark.parametrize(
    ("name", "given", "code", "possible"),
    [
        ("strength", "much", "option.syntax", "from 0 to 2"),
        ("strength", "2.5", "option.range", "between 0 and 2"),
        ("strength", "nan", "option.range", "between 0 and 2"),
        ("count", "1.5", "option.syntax", ""),
        ("mode", "odd", "option.choice", "plain, fancy"),
    ],
)
def test_a_bad_value_is_refused(name: str, given: str, code: str, possible: str) -> None:
    (option,) = (option for option in read(Caller.__call__).options if option.name == name)
    with refused(code, name, given, possible):
        option.value(given)
