"""One page with every application at work on the package's own samples.

neuropil demo -o demo
"""

from collections.abc import Iterator
from pathlib import Path

from neuropil import registry
from neuropil.core.formatting import to_text
from neuropil.core.probe import Probe
from neuropil.kit.atomic import save_text
from neuropil.kit.errors import UserError
from neuropil.kit.folders import create_folder
from neuropil.kit.html.page import Section, link, paragraph, preformat, render_page
from neuropil.kit.progress import message

TITLE = "Neuropil: small networks at work"  # by which an earlier page is known
DEPTH = 30  # neurons that the walk opens: down to the pixels
SHOWN = 3  # of its stages that stand on the page itself


def build_demo(folder: Path) -> Path:
    """Run all applications on samples and write `index.html` into the folder."""
    create_folder(folder)
    page = folder / "index.html"
    refuse_foreign(page)
    sections = []
    for n, name in enumerate(registry.NAMES, 1):
        message(f"{n} of {len(registry.NAMES)}, {name}: {registry.summary(name)}")
        module = registry.demo_module(name)
        if module is None:
            continue
        sections += module.sections()
        if hasattr(module, "example_probe"):
            sections += walk_section(name, module.example_probe(), module.EXAMPLE_COMMAND, folder)
    save_text(page, render_page(TITLE, sections))
    return page


def refuse_foreign(page: Path) -> None:
    """Raise UserError where a page is there that no earlier demonstration made."""
    if page.exists() and f"<title>{TITLE}</title>" not in page.read_text(
        encoding="utf-8", errors="replace"
    ):
        raise UserError(
            "output.exists",
            f"{page} is there already and is no page of a demonstration; name another folder by -o",
            path=page,
        )


def walk_section(name: str, probe: Probe, way: str, folder: Path) -> Iterator[Section]:
    """Walk from what is seen down to the inputs: a page of its own, and its beginning."""
    from neuropil.microscope.chain import load_chain
    from neuropil.microscope.page import render_walk
    from neuropil.microscope.walk import walk_back

    walk = walk_back(load_chain(probe.networks), probe, depth=DEPTH)
    save_text(folder / f"{name}-neuron.html", render_walk(walk, ""))
    inside = walk.steps[len(probe.steps) :][:SHOWN]
    lines = "\n".join(to_text(stage.record, 6, 6) for stage in inside)
    command = f"`neuropil open {name} {way.partition(': ')[2]} --depth {DEPTH} -o w.html`"
    count = f"{len(walk.steps)} steps of arithmetic, each proven"
    words = f"{way.partition(': ')[0]}: {count}. {command}"
    page = link(f"{name}-neuron.html", "The walk, with numbers that can be changed")
    body = paragraph(words) + page + preformat(lines)
    yield Section(f"Inside {name}: a neuron opened", body)
