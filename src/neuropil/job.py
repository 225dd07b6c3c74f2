"""One piece of work as plain data: it can be written down, sent elsewhere and done twice.

    job = Job("colorize", ("old.jpg",), {"strength": 1.2}, {"image": "new.jpg"})
    Job.from_json(job.to_json()) == job

The same job gives the same files, wherever and however often it is done.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from neuropil.kit.errors import UserError
from neuropil.kit.formats import MAX_PIXELS, QUALITY
from neuropil.signature import Json

ID_DIGITS = 16


@dataclass(frozen=True)
class Settings:
    """What stands beside a verb's own options."""

    force: bool = False
    quality: int = QUALITY
    max_pixels: int = MAX_PIXELS
    threads: int | None = None
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """One piece of work as plain data.

    inputs: a path for each input of the verb, or the text itself
    outputs: field of the result -> path; what is not named here is not written
    page: which page of a TIFF or frame of an animation is meant, from 1; None of other files
    """

    verb: str
    inputs: tuple[str, ...]
    options: Mapping[str, Json] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = Settings()
    page: int | None = None

    def __post_init__(self) -> None:
        """Bring options to the form that they have in JSON; raises UserError for others."""
        try:
            plain = json.loads(json.dumps(dict(self.options), allow_nan=False))
        except (TypeError, ValueError) as error:
            words = f"the options of the job can't be written as JSON: {error}"
            raise UserError("job.damaged", words) from None
        object.__setattr__(self, "options", plain)

    @property
    def source(self) -> str:
        """Name the first input for people: scan.tif, page 2."""
        return self.inputs[0] if self.page is None else f"{self.inputs[0]}, page {self.page}"

    @property
    def id(self) -> str:
        """Name the job by what it says: the same work, the same id."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:ID_DIGITS]

    def to_json(self) -> str:
        """Write the job down, always in the same form."""
        return json.dumps(asdict(self), sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Job":
        """Read a job that was written down; raises UserError where the text is none."""
        try:
            kept = json.loads(text)
            settings = kept["settings"]
            settings["networks"] = tuple(settings["networks"])
            return cls(**kept | {"inputs": tuple(kept["inputs"]), "settings": Settings(**settings)})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if isinstance(error, UserError):
                raise
            words = f"the text is no job: {type(error).__name__}: {error}; write one by to_json"
            raise UserError("job.damaged", words) from None
