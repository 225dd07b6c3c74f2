"""The course of a training: one line a look, one picture, one table."""

import csv
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from neuropil.kit.atomic import atomic_path

WIDTH, HEIGHT, MARGIN = 900, 260, 60  # pixels of one panel

Evaluation = dict[str, float]


def format_evaluation(look: Evaluation, steps: int) -> str:
    """Say one look in one line."""
    figures = "  ".join(
        f"{name} {value:.4g}" for name, value in look.items() if name not in ("step", "seconds")
    )
    return (
        f"step {look['step']:.0f} of {steps}  {figures}  after {look['seconds'] / 60:.1f} minutes"
    )


def plot(history: Sequence[Evaluation], folder: Path) -> None:
    """Write `curve.csv` and `curve.png`: one panel for each figure, against the step."""
    names = [name for name in history[0] if name not in ("step", "seconds")]
    with (
        atomic_path(folder / "curve.csv") as path,
        path.open("w", newline="", encoding="utf-8") as file,
    ):
        table = csv.DictWriter(file, list(history[0]), extrasaction="ignore")
        table.writeheader()
        table.writerows(history)
    picture = Image.new("RGB", (WIDTH, HEIGHT * len(names)), "white")
    for i, name in enumerate(names):
        plot_panel(
            ImageDraw.Draw(picture),
            i * HEIGHT,
            name,
            [(look["step"], look[name]) for look in history],
        )
    with atomic_path(folder / "curve.png") as path:
        picture.save(path, format="PNG")


def plot_panel(
    canvas: ImageDraw.ImageDraw, top: int, name: str, points: Sequence[tuple[float, float]]
) -> None:
    """Draw one figure's course with its range written beside it."""
    xs, ys = zip(*points, strict=True)
    low, high = min(ys), max(ys)
    span = (high - low) or 1.0
    across, down = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    place = [
        (MARGIN + across * x / max(xs), top + MARGIN + down * (1 - (y - low) / span))
        for x, y in points
    ]
    canvas.rectangle(
        (MARGIN, top + MARGIN, WIDTH - MARGIN, top + HEIGHT - MARGIN), outline="#cccccc"
    )
    canvas.line(place, fill="#2255aa", width=2)
    canvas.text((MARGIN, top + MARGIN - 18), f"{name}: {ys[-1]:.4g}", fill="black")
    canvas.text((8, top + MARGIN - 6), f"{high:.4g}", fill="#666666")
    canvas.text((8, top + HEIGHT - MARGIN - 6), f"{low:.4g}", fill="#666666")
    canvas.text(
        (WIDTH - MARGIN - 40, top + HEIGHT - MARGIN + 6), f"step {max(xs):.0f}", fill="#666666"
    )
