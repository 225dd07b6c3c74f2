"""A table of one's own for the playground: columns of numbers and one of classes, as CSV.

    POST   /api/tables              a form with the file `table` -> points, classes, columns

The numbers of a column are moved to mean 0 and scaled to deviation 1, as first weights expect them.
Every fifth row of a class comes last: it is for judging, not for learning. Nothing is kept here.
"""

import codecs
import csv
import io
from typing import Any

import numpy as np
from fastapi import FastAPI, Request
from numpy.typing import NDArray
from starlette.datastructures import UploadFile

from neuropil.kit.bounded import too_large
from neuropil.kit.errors import UserError

MOST_BYTES = 2_000_000
MOST_ROWS, MOST_COLUMNS, MOST_CLASSES = 2000, 16, 10
MOST = 1e12  # of a number: sums of larger ones lose what tells rows apart
EVERY = 5  # one row of so many is for judging
ODD_SHARE = 4  # a column of which one cell of so many is no number was meant as one of numbers
SHAPE = (
    "a table has a row of names, two or more columns of numbers and one of classes, as in"
    " length,width,kind"
)

Rows = list[list[str]]


def add_table_routes(app: FastAPI) -> None:
    """Add the route of a table."""

    @app.post("/api/tables")
    async def take_table(request: Request) -> dict[str, Any]:
        """Read a table, so that a network can learn it."""
        async with request.form(max_files=1, max_fields=1) as form:
            file = form.get("table")
            if not isinstance(file, UploadFile):
                raise UserError(
                    "input.required", "send a CSV file as the field table", name="table"
                )
            content = await file.read(MOST_BYTES + 1)
        return read_table(content)


def read_table(content: bytes) -> dict[str, Any]:
    """Read a table; raises UserError for what is none, or is too large."""
    if len(content) > MOST_BYTES:
        raise too_large("the table has", MOST_BYTES, "take fewer rows", name="table")
    names, rows = read_rows(content)
    columns = [[row[i] for row in rows] for i in range(len(names))]
    chosen = choose_class(columns)
    numeric = [i for i in range(len(names)) if i != chosen and is_numeric(columns[i])]
    require_counts(names, columns, numeric, chosen)
    classes = sorted(set(columns[chosen]))
    labels = np.array([classes.index(word) for word in columns[chosen]])
    x = np.array([[to_number(word) for word in columns[i]] for i in numeric]).T
    order, held_out = hold_out(labels)
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1)
    return {
        "columns": [names[i] for i in numeric],
        "class": names[chosen],
        "classes": classes,
        "left_out": [n for i, n in enumerate(names) if i != chosen and i not in numeric],
        "points": ((x - mean) / scale)[order].tolist(),
        "targets": np.eye(len(classes))[labels[order]].tolist(),
        "held_out": held_out,
        "mean": mean.tolist(),
        "scale": scale.tolist(),
    }


def read_rows(content: bytes) -> tuple[list[str], Rows]:
    """Read the names of the columns, and the rows, each as long as the names."""
    text = decode(content)
    first = text.lstrip().partition("\n")[0]
    between = next((mark for mark in "\t;" if mark in first), ",")  # , may stand in numbers
    try:
        found = [row for row in csv.reader(io.StringIO(text), delimiter=between) if any(row)]
    except csv.Error as error:
        raise UserError("input.damaged", f"this is no CSV ({error}); {SHAPE}") from None
    rows = [[cell.strip() for cell in row] for row in found]
    if len(rows) < 2:
        raise UserError("input.empty", f"the table has no rows of numbers; {SHAPE}", name="table")
    has_names = not any(is_number(cell) for cell in rows[0])
    names = rows.pop(0) if has_names else [f"x{i + 1}" for i in range(len(rows[0]))]
    for number, row in enumerate(rows, 2 if has_names else 1):
        require_row(row, names, number)
    if len(rows) > MOST_ROWS:
        words = f"the table has {len(rows)} rows; at most {MOST_ROWS} are learned here: take fewer"
        raise UserError("input.too_large", words, name="table", high=MOST_ROWS)
    return names, rows


def decode(content: bytes) -> str:
    """Read bytes as text."""
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        words = "the file is no text in UTF-8; save the table as CSV in UTF-8 and give that"
        raise UserError("input.kind", words, name="table")
    return text


def require_row(row: list[str], names: list[str], number: int) -> None:
    """Raise UserError for a row that is shorter or longer than the others, or has a gap."""
    if len(row) != len(names):
        words = (
            f"row {number} has {len(row)} cells and the first has {len(names)}; give all as many"
        )
        raise UserError("input.damaged", words, name="table")
    if "" in row:
        words = f"row {number} has nothing in {names[row.index('')]}; fill it, or take the row out"
        raise UserError("input.content", words, name="table")


def to_number(word: str) -> float:
    """Read a number, with a point or a comma; raises ValueError for what is none."""
    value = float(word.replace(",", "."))
    if not abs(value) <= MOST:
        raise ValueError(word)
    return value


def is_number(word: str) -> bool:
    """Tell a number."""
    try:
        to_number(word)
    except ValueError:
        return False
    return True


def is_numeric(column: list[str]) -> bool:
    """Tell a column of numbers."""
    return all(map(is_number, column))


def choose_class(columns: Rows) -> int:
    """Choose the column of classes: of those that are words the one with fewest, else the last."""
    words = [i for i, column in enumerate(columns) if not is_numeric(column)]
    return min(words, key=lambda i: len(set(columns[i])), default=len(columns) - 1)


def require_counts(names: list[str], columns: Rows, numeric: list[int], chosen: int) -> None:
    """Raise UserError for too few or too many columns or classes."""
    n = len(set(columns[chosen]))
    if len(numeric) < 2:
        refuse_odd_cells(names, columns)
        told = ", ".join(names[i] for i in numeric) or "none"
        raise UserError("input.content", f"columns of numbers: {told}; {SHAPE}", name="table")
    if len(numeric) > MOST_COLUMNS:
        words = f"{len(numeric)} columns of numbers; at most {MOST_COLUMNS} are learned: take fewer"
        raise UserError("input.too_large", words, name="table", high=MOST_COLUMNS)
    if not 2 <= n <= MOST_CLASSES:
        words = (
            f"the column {names[chosen]} has {n} different values; the classes are 2 to"
            f" {MOST_CLASSES}: put them into a column of words, or into the last one"
        )
        raise UserError("input.content", words, name="table", low=2, high=MOST_CLASSES)


def refuse_odd_cells(names: list[str], columns: Rows) -> None:
    """Raise UserError that names the first cell that makes a column of numbers none."""
    for name, column in zip(names, columns, strict=True):
        odd = [row for row, cell in enumerate(column) if not is_number(cell)]
        if 0 < len(odd) <= len(column) / ODD_SHARE:
            words = (
                f"{name} has {column[odd[0]][:40]} in its row {odd[0] + 1} of {len(column)}, which"
                f" is no number up to {MOST:g}; mend it, or take the row out"
            )
            raise UserError("input.content", words, name="table")


def hold_out(labels: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Give the order in which every fifth row of a class comes last, and how many these are."""
    by_class = np.argsort(labels, kind="stable")
    last = np.zeros(len(labels), bool)
    last[by_class[EVERY - 1 :: EVERY]] = True
    return np.argsort(last, kind="stable"), int(last.sum())
