"""Pages of the Python interface, made from the docstrings by pdoc.

    python docs/api.py FOLDER

Docstrings name parameters and fields one a line, `name: text`; here they become a list.
"""

import pkgutil
import re
import sys
import textwrap
from pathlib import Path

import pdoc
from jinja2 import pass_context
from jinja2.runtime import Context
from pdoc import render
from pdoc.render_helpers import to_markdown_with_context

import neuropil

# how applications learn, how they are measured, and how the command line is made
LEFT_OUT = (r"!neuropil\.(.*\.)?(lab|bench|surfaces|__main__)(\..*)?",)
COLUMNS = re.compile(r"\S.*\S {2,}\S|\S {2,}\S")  # a name, blanks, a text
FIELD = re.compile(r"^([a-zA-Z_][\w, ]*): (?=\S)", re.MULTILINE)


@pass_context
def to_html(context: Context, docstring: str) -> str:
    """Turn a docstring into HTML."""
    return to_markdown_with_context(context, list_fields(docstring))


def list_fields(text: str) -> str:
    """Write lines `name: text` as a Markdown list, and lines in columns as they stand."""
    first, *blocks = text.split("\n\n")
    return "\n\n".join([first, *map(mark_block, blocks)])


def mark_block(block: str) -> str:
    """Mark a paragraph of a docstring by its form; what is indented is code already."""
    if all(COLUMNS.match(line) for line in block.splitlines()):
        return textwrap.indent(block, "    ")
    return FIELD.sub(r"- `\1`: ", block) if FIELD.match(block) else block


def modules() -> list[str]:
    """Name the package and the parts that a person imports; pdoc finds what lies in these."""
    parts = pkgutil.iter_modules(neuropil.__path__, "neuropil.")
    return ["neuropil", *(part.name for part in parts), *LEFT_OUT]


def main() -> None:
    """Write the pages into the folder that is named."""
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/api.py FOLDER")
    render.env.filters["to_markdown"] = to_html
    pdoc.pdoc(*modules(), output_directory=Path(sys.argv[1]))


if __name__ == "__main__":
    main()
