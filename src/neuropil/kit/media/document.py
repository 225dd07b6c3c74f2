"""A sheet of writing: one text in the forms that it may be wanted in.

    sheet.save(Path("neuron.tex"))      .txt, .html, .tex, .csv

The suffix chooses the form.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from neuropil.kit.atomic import atomic_path
from neuropil.kit.errors import require_ending
from neuropil.kit.formats import QUALITY


@dataclass(frozen=True)
class Document:
    """A text, and the same as a page, as LaTeX and as a table; a form that it lacks is empty."""

    KIND: ClassVar = "document"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".txt", ".html", ".tex", ".csv")
    PRINTED: ClassVar = True

    text: str
    html: str = ""
    latex: str = ""
    csv: str = ""

    def __str__(self) -> str:
        """Give the plain text, without the line end behind it."""
        return self.text.removesuffix("\n")

    @property
    def contents(self) -> dict[str, str]:
        """Find what is written to a file of each ending."""
        all_forms = {".txt": self.text, ".html": self.html, ".tex": self.latex, ".csv": self.csv}
        return {ending: content for ending, content in all_forms.items() if content}

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write the form that the ending of the name asks for; `quality` is of pictures alone."""
        path = Path(path)
        require_ending(path, self.contents)
        with atomic_path(path) as beside:
            beside.write_text(self.contents[path.suffix.lower()], encoding="utf-8")
