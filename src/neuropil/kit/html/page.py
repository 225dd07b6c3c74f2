"""A page of results in one file: pictures, captions, small tables; opens offline in any browser.

    page("Neuropil", [Section("Colors", figure(photo, "an old photograph"))])

The pieces are functions from values to HTML texts; whatever a person may have typed is escaped.
"""

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuropil.kit.html.templates import render, render_piece
from neuropil.kit.media import image_writer
from neuropil.kit.media.image import Image
from neuropil.kit.media.metadata import ImageMetadata

PAGE = Path(__file__).with_name("page.html.jinja")
QUALITY = 88  # of the pictures in a page


@dataclass(frozen=True)
class Section:
    """A part of a page: its heading and its HTML."""

    title: str
    body: str


def render_page(title: str, sections: Sequence[Section]) -> str:
    """Write the whole page."""
    return render(PAGE, title=title, sections=sections)


def paragraph(words: str) -> str:
    """Write a paragraph; words between backticks are set as code."""
    return render_piece("paragraph", words.split("`"))


def link(address: str, words: str) -> str:
    """Write a paragraph that leads to another page."""
    return render_piece("link", address, words)


def preformat(lines: str) -> str:
    """Set lines as they are."""
    return render_piece("preformat", lines)


def row(figures: Iterable[str]) -> str:
    """Set figures side by side, as many as there is room for."""
    return render_piece("row", list(figures))


def figure(image: Image, caption: str) -> str:
    """Show a picture with a caption."""
    return render_piece("figure", data_uri(image), caption)


def video(film: Path, caption: str) -> str:
    """Show a film of MP4 with a caption."""
    data = base64.b64encode(film.read_bytes()).decode("ascii")
    return render_piece("video", f"data:video/mp4;base64,{data}", caption)


def before_after(before: Image, after: Image, caption: str) -> str:
    """Lay two pictures of one size over each other, with a handle to move between them."""
    return render_piece("before_after", data_uri(before), data_uri(after), caption)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table."""
    return render_piece("table", columns, list(rows))


def data_uri(image: Image) -> str:
    """Encode a picture into the page itself."""
    file = io.BytesIO()
    image_writer.encode_image(file, "JPEG", image.pixels, None, ImageMetadata(), QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")
