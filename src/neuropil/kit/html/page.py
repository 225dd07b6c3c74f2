"""A page of results in one file: pictures, captions, small tables; opens offline in any browser.

    page("Neuropil", [Section("Colors", figure(photo, "an old photograph"))])

The pieces are functions from values to HTML texts; whatever a person may have typed is escaped.
"""

import base64
import html
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuropil.kit.media import image_writer
from neuropil.kit.media.image import Image
from neuropil.kit.media.metadata import ImageMetadata

QUALITY = 88  # of the pictures in a page

STYLE = """
:root { color-scheme: light dark; --ink: #1d1d22; --quiet: #666; --paper: #fdfcf9; --line: #ddd; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e6e0; --quiet: #a09d96; --paper: #17171b; --line: #3a3a40; } }
body { font: 17px/1.5 Georgia, serif; color: var(--ink); background: var(--paper);
  max-width: 1080px; margin: 2.5rem auto; padding: 0 1rem; }
h1, h2, h3 { font-weight: normal; line-height: 1.2; } h2 { margin-top: 3rem; }
p { max-width: 42rem; } code { font-size: .85em; overflow-wrap: anywhere; }
.row { display: grid; gap: 1rem; margin: 1rem 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 230px), 1fr)); }
figure { margin: 0; } figure img, figure video { width: 100%; display: block; border-radius: 3px; }
figcaption { font-size: .85em; color: var(--quiet); margin-top: .3rem; }
.slider { position: relative; } .slider img + img { position: absolute; inset: 0;
  clip-path: inset(0 0 0 var(--at, 50%)); }
figure input { width: 100%; margin: .3rem 0 0; }
table { border-collapse: collapse; } td, th { padding: .25rem .9rem .25rem 0; text-align: left;
  border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
"""


@dataclass(frozen=True)
class Section:
    """A part of a page: its heading and its HTML."""

    title: str
    body: str


def render_page(title: str, sections: Sequence[Section]) -> str:
    """Write the whole page."""
    parts = "".join(f"<h2>{html.escape(s.title)}</h2>\n{s.body}\n" for s in sections)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>\n"
        f"<body><h1>{html.escape(title)}</h1>\n{parts}</body></html>\n"
    )


def paragraph(words: str) -> str:
    """Write a paragraph; words between backticks are set as code."""
    pieces = html.escape(words).split("`")
    return f"<p>{''.join(f'<code>{p}</code>' if i % 2 else p for i, p in enumerate(pieces))}</p>\n"


def row(figures: Iterable[str]) -> str:
    """Set figures side by side, as many as there is room for."""
    return f'<div class="row">{"".join(figures)}</div>\n'


def figure(image: Image, caption: str) -> str:
    """Show a picture with a caption."""
    words = html.escape(caption)
    picture = f'<img src="{data_uri(image)}" alt="{words}">'
    return f"<figure>{picture}<figcaption>{words}</figcaption></figure>"


def video(film: Path, caption: str) -> str:
    """Show a film of MP4 with a caption."""
    words = html.escape(caption)
    data = base64.b64encode(film.read_bytes()).decode("ascii")
    return (
        f'<figure><video controls muted loop playsinline src="data:video/mp4;base64,{data}"'
        f' aria-label="{words}"></video><figcaption>{words}</figcaption></figure>'
    )


def before_after(before: Image, after: Image, caption: str) -> str:
    """Lay two pictures of one size over each other, with a handle to move between them."""
    words = html.escape(caption)
    return (
        f'<figure><div class="slider"><img src="{data_uri(before)}" alt="{words}, before">'
        f'<img src="{data_uri(after)}" alt="{words}, after"></div>'
        '<input type="range" value="50" aria-label="how much of the picture is shown as it was"'
        " oninput=\"this.previousElementSibling.style.setProperty('--at', this.value + '%')\">"
        f"<figcaption>{words}</figcaption></figure>"
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(str(value))}</td>' for value in values)}</tr>"
        for values in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>\n"


def data_uri(image: Image) -> str:
    """Encode a picture into the page itself."""
    file = io.BytesIO()
    image_writer.encode_image(file, "JPEG", image.pixels, None, ImageMetadata(), QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")
