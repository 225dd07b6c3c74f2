"""What the pages for people (README, docs, cards) claim: figures, trees, links, commands.

Figures. A measured number is followed by the name of its record, in a comment that no reader sees:

    0.92<!-- colorize.psnr_gain_db --> dB better, at 61<!-- colorize.share % --> % of the color

The record is `bench.json` in the folder of the application or part, the line that `neuropil bench`
prints; a `%` in the comment takes it times 100. The number is the record rounded to the digits that
are written:

    python tests/pages.py

brings all figures up to date after a new record, and the test is that this would change nothing.
`install.megabytes` is measured by tests/test_wheel.py instead.

Tree. A ```text block whose first line is a folder of the repository; one name a line, a caption
after two spaces; folders end in `/`; names may be patterns. A folder whose content is listed is
listed whole.

Commands. Every line of a ```sh block, and every ```python block, is run by tests/test_readme.py.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
MARK = re.compile(
    r"(?P<number>-?\d[\d,]*(?:\.\d+)?)<!-- (?P<app>\w+)\.(?P<key>\w+)(?P<share> %)? -->"
)
UNMARKED = re.compile(r"\d+\.\d+\s?(?:dB|s|ms|MB|%|fps|times|seconds|frames)(?![A-Za-z])")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|<(?:img|a)[^>]+(?:src|href)=\"([^\"]+)\"")
RENAMED = {"web": "studio"}  # folder -> what is measured there
IGNORED = {"__pycache__"}
WIDEST = 120  # characters of a line of prose

Records = Mapping[str, Mapping[str, float | int | str]]


def pages() -> list[Path]:
    """List README, docs and cards."""
    return [
        ROOT / "README.md",
        *sorted(ROOT.glob("docs/*.md")),
        *sorted(ROOT.glob("src/**/card.md")),
    ]


def record_files() -> dict[str, Path]:
    """Find the records that lie in the folders of applications and parts, by their names."""
    files = (ROOT / "src" / "neuropil").rglob("bench.json")
    folders = {
        file: file.parents[1] if file.parent.name == "lab" else file.parent for file in files
    }
    return {RENAMED.get(folder.name, folder.name): file for file, folder in folders.items()}


def records() -> Records:
    """Read all records."""
    return {
        name: json.loads(file.read_text(encoding="utf-8")) for name, file in record_files().items()
    }


def with_figures(text: str, known: Records) -> str:
    """Write every marked number as its record has it; raises KeyError for a mark without record."""

    def renewed(mark: re.Match[str]) -> str:
        if mark["app"] == "install":
            return mark[0]
        value = float(known[mark["app"]][mark["key"]]) * (100 if mark["share"] else 1)
        digits = len(mark["number"].partition(".")[2])
        comma = "," if "," in mark["number"] or value >= 10_000 else ""
        return format(value, f"{comma}.{digits}f") + mark[0].removeprefix(mark["number"])

    return MARK.sub(renewed, text)


def unmarked(text: str) -> list[str]:
    """Find measured numbers, by their units, that no record vouches for."""
    return UNMARKED.findall(MARK.sub("", FENCE.sub("", text)))


def blocks(text: str, language: str) -> list[str]:
    """List the fenced blocks of a language."""
    return [body for name, body in FENCE.findall(text) if name == language]


def commands(text: str) -> list[str]:
    """List the lines of all sh blocks without comments."""
    lines = (line for block in blocks(text, "sh") for line in block.splitlines())
    return [line for line in lines if line.strip() and not line.startswith("#")]


def sections(text: str) -> dict[str, str]:
    """Split a page at its headings of the second level: the text of each, with what comes first."""
    first, *rest = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {"": first} | dict(zip(rest[::2], rest[1::2], strict=True))


def without_repeats(told: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Leave out commands of sections that do in an earlier section just what they would do here.

    They do where all that they may need of what stands before them there stands before them here
    too, and nothing else here names what they make. Sections of which nothing is left are left out.
    """
    kept: dict[str, list[str]] = {}
    done: list[tuple[list[str], list[list[str]]]] = []  # a command, those whose files it names
    for heading, lines in told.items():
        commands = [shlex.split(line, comments=True) for line in lines]
        for i, (line, words) in enumerate(zip(lines, commands, strict=True)):
            before, others = commands[:i], [*commands[:i], *commands[i + 1 :]]
            is_done = any(words == w and all(b in before for b in needed) for w, needed in done)
            if not is_done or any(is_named(words, other) for other in others):
                kept.setdefault(heading, []).append(line)
                done.append((words, [earlier for earlier in before if is_named(earlier, words)]))
    return kept


def is_named(command: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether a command may name what one makes: by its `-o`, or a name with its verb."""
    made = Path(command[command.index("-o") + 1]).stem if "-o" in command else f"-{command[1]}"
    return any(made in word for word in other)


def wide_lines(text: str) -> list[str]:
    """Find lines too wide for an editor, but for tables and pictures, which can't be broken."""
    lines = (line for line in text.splitlines() if not line.startswith(("|", "![")))
    return [line for line in lines if len(line) > WIDEST]


def broken_links(page: Path) -> Iterator[str]:
    """Find links to files and headings that are not there; addresses on the web are not asked."""
    for pair in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        link = pair[0] or pair[1]
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


def anchors(page: Path) -> set[str]:
    """List what links may point at: the headings in small letters, with dashes."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def tree_faults(tree: str, root: Path) -> Iterator[str]:
    """Compare a tree with the files that are there."""
    listed: dict[Path, list[str]] = {}
    above = [(-1, root)]
    for line in tree.splitlines():
        name = line.split()[0]
        indent = len(line) - len(line.lstrip())
        while above[-1][0] >= indent:
            above.pop()
        folder = above[-1][1]
        listed.setdefault(folder, []).append(name)
        if not any(folder.glob(name.rstrip("/"))):
            yield f"{name} is not in {folder.name}"
        elif name.endswith("/"):
            above.append((indent, folder / name))
    for folder, names in listed.items():
        if folder != root:
            yield from (f"{there} of {folder.name} is missing" for there in left_out(folder, names))


def left_out(folder: Path, names: list[str]) -> Iterator[str]:
    """Name the entries of a folder that a list does not have."""
    for there in sorted(folder.iterdir()):
        known = any(there.match(name.rstrip("/")) for name in names)
        if not known and there.name not in IGNORED and not there.name.startswith("."):
            yield there.name


def main() -> None:
    """Bring the figures of all pages up to date."""
    known = records()
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if (renewed := with_figures(text, known)) != text:
            page.write_text(renewed, encoding="utf-8")


if __name__ == "__main__":
    main()
