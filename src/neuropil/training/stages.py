"""Stages: the steps that make what ships and are no training, before it or after it.

    neuropil train drive --stage collect -o runs/drives --set tracks=60

The file `lab/stages.py` of an application lists them as STAGES, in the order in which they are run.
A stage declares what it needs as options, which the command line reads: `--data`, `--network`, and
numbers by `--set`. It writes into a folder, never into the package, and takes no file's place but
that of a record of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuropil.kit.errors import UserError, require_file
from neuropil.kit.folders import create_folder
from neuropil.signature import Option


@dataclass(frozen=True)
class DataFolder:
    """The type of an option that names the folder of the data."""

    SYNTAX: str = "DIR"

    def parse(self, text: str) -> Path:
        """Take the name of a folder; raises UserError where there is none."""
        if not text or not Path(text).is_dir():
            words = f"there is no folder {text}; name that of the training data by --data"
            raise UserError("data.missing", words, path=text)
        return Path(text)


@dataclass(frozen=True)
class OnnxPath:
    """The type of an option that names the file of a network."""

    SYNTAX: str = "FILE"

    def parse(self, text: str) -> Path:
        """Take the name of a file; raises UserError where there is none."""
        require_file(Path(text), "network")
        return Path(text)


DATA = Option(
    "data",
    DataFolder(),
    None,
    "folder of the training data, as the application's card describes them",
    required=True,
)


@dataclass(frozen=True)
class Stage:
    """A step of making what ships.

    text: what it does and when it is run, in a line
    run: what does it, given the folder `output` and all that it needs by name; returns what it made
    needs: data, networks and numbers
    stands_for: the file of the application's folder that a new one of this stage would replace
    """

    name: str
    text: str
    run: Callable[..., Path]
    needs: tuple[Option, ...]
    stands_for: str = ""

    @property
    def numbers(self) -> dict[str, Option]:
        """List the numbers that `--set` changes, by name."""
        return {option.name: option for option in self.needs if option.type in (int, float)}

    @property
    def places(self) -> dict[str, Option]:
        """List the other needs, the data and networks, by the flag that names them."""
        return {option.flag: option for option in self.needs if option.name not in self.numbers}

    @property
    def usage(self) -> dict[str, str]:
        """List what can be typed, each with what it is."""
        places = {f"{flag} {option.syntax}": option.text for flag, option in self.places.items()}
        numbers = {
            f"--set {name}={option.default}": f"{option.text} ({option.syntax})"
            for name, option in self.numbers.items()
        }
        return places | numbers

    def parse(
        self, data: str | None, networks: Sequence[str], settings: Sequence[str]
    ) -> dict[str, Any]:
        """Turn what was typed into what `run` takes; raises UserError for what it does not."""
        given: dict[str, Any] = {"--data": data, "--network": [*networks]}
        for flag, raw in given.items():
            if raw and flag not in self.places:
                possible = ", ".join(["--output DIR", *self.usage])
                words = f"{flag} means nothing to the stage {self.name}, which takes {possible}"
                raise UserError("option.conflict", f"{words}; leave it out")
        found = {option.name: option.default for option in self.needs}
        found |= {o.name: self.parse_place(o, given[flag]) for flag, o in self.places.items()}
        return found | dict(map(self.parse_setting, settings))

    def parse_place(self, option: Option, raw: Any) -> Any:
        """Read the name of a folder or the names of networks; raises UserError where none is."""
        if not raw and option.required:
            words = f"the stage {self.name} needs {option.flag} {option.syntax}: {option.text}"
            raise UserError("option.missing", words)
        if isinstance(raw, list) and not option.repeated:
            if len(raw) > 1:
                words = f"the stage {self.name} works on one network; give --network once"
                raise UserError("option.conflict", words)
            raw = raw[0] if raw else None
        return option.parse(raw)

    def parse_setting(self, setting: str) -> tuple[str, Any]:
        """Read a NAME=NUMBER; raises UserError."""
        name, equals, value = setting.partition("=")
        if not equals or name not in self.numbers:
            possible = f"are NAME=NUMBER, NAME one of {', '.join(self.numbers)}"
            words = f"--set {setting}: settings of the stage {self.name} {possible}"
            if not self.numbers:
                words = f"--set {setting}: the stage {self.name} has no settings; leave it out"
            raise UserError("training.setting", words, value=setting)
        try:
            return name, self.numbers[name].parse(value)
        except UserError as error:
            words = f"--set {setting}: {error.message}"
            raise UserError("training.setting", words, **error.facts) from None


def claim_file(output: Path, name: str) -> Path:
    """Make the folder of a file that will be written; raises UserError where it is there already.

    Before the work, so that nothing is done in vain.
    """
    file = output / name
    if file.exists():
        raise UserError(
            "output.exists",
            f"{file} is there already, and is kept: name another --output, or delete it",
            path=file,
        )
    create_folder(output)
    return file
