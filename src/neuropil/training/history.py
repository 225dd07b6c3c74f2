"""The course of a training: one line a look, one picture, one table."""

import csv
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuropil.kit.atomic import atomic_path

WIDTH, HEIGHT, DPI = 900, 260, 100  # pixels of one panel, and how many make an inch

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
    with (
        atomic_path(folder / "curve.csv") as path,
        path.open("w", newline="", encoding="utf-8") as file,
    ):
        table = csv.DictWriter(file, list(history[0]), extrasaction="ignore")
        table.writeheader()
        table.writerows(history)
    with atomic_path(folder / "curve.png") as path:
        draw_figure(history).savefig(path, format="png")


def draw_figure(history: Sequence[Evaluation]) -> Figure:
    """Draw the figures of all looks, one below the other; nothing global is touched."""
    names = [name for name in history[0] if name not in ("step", "seconds")]
    size = WIDTH / DPI, HEIGHT * len(names) / DPI
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)  # draws without a screen, whatever backend is set
    panels = figure.subplots(len(names), sharex=True, squeeze=False)[:, 0]
    for panel, name in zip(panels, names, strict=True):
        draw_panel(panel, name, [(look["step"], look[name]) for look in history])
    panels[-1].set_xlabel("step")
    return figure


def draw_panel(panel: Axes, name: str, points: Sequence[tuple[float, float]]) -> None:
    """Draw one figure's course, and write its last value beside its name."""
    steps, values = zip(*points, strict=True)
    panel.plot(steps, values, marker="o", markersize=3)
    panel.set_title(f"{name.replace('_', ' ')}: {values[-1]:.4g}", loc="left", fontsize="medium")
    panel.set_xlim(left=0)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.grid(alpha=0.3)
