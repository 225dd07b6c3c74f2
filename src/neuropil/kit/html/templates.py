"""Templates filled with values: every value is escaped, unless the template calls it safe HTML.

    render(Path("page.html.jinja"), title="A & B", sections=[])
    render_piece("figure", "data:image/jpeg;base64,...", "an old photograph")

Templates stand beside what fills them; those of this folder (the frame of every page, its colors,
its pieces) are there for all.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent


def render(template: Path, **values: object) -> str:
    """Fill a template; what it asks for and isn't given is an error."""
    return load_environment(template.parent).get_template(template.name).render(values)


def render_piece(name: str, *values: object) -> str:
    """Fill one piece of a page, a macro of pieces.html.jinja."""
    pieces = load_environment(HERE).get_template("pieces.html.jinja").module
    return str(getattr(pieces, name)(*values))


@cache
def load_environment(folder: Path) -> "Environment":
    """Make ready the templates of a folder, and those here."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader([folder, HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
