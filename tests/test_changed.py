"""What `./run check` runs after a change: every file has tests that would notice."""

from pathlib import Path

import changed
import pytest

TESTS_OF = {
    "src/neuropil/core/nn.py": {"tests/core/test_nn.py"},
    "src/neuropil/core/storage.py": {"tests/core"},
    "src/neuropil/apps/colorize/lab/data.py": {"tests/apps/colorize/test_data.py"},
    "src/neuropil/planning.py": {"tests/test_planning.py"},
    "src/neuropil/signature.py": {"tests/test_contract.py"},
    "src/neuropil/surfaces/cli/open_command.py": {
        "tests/surfaces/cli",
        "tests/test_cli.py",
        "tests/test_commands.py",
    },
    "docs/biology.md": {"tests/test_readme.py"},
    "run": {"tests/test_run.py"},
    "tests/test_gone.py": set(),
    "tests/kit/test_film.py": {"tests/kit/test_film.py"},
    "tests/laws.py": {"tests/test_architecture.py"},  # word_laws.py between them too
    "tests/pages.py": {
        *("tests/test_readme.py", "tests/test_records.py"),
        *("tests/apps/classify/test_app.py", "tests/apps/classify/test_elsewhere.py"),
    },
    "tests/verb_jobs.py": {
        *("tests/test_conformance.py", "tests/test_verbs.py"),
        "tests/kit/test_film_writer.py",
    },
}


@pytest.mark.parametrize("file", TESTS_OF)
def test_a_change_runs_its_tests(file: str) -> None:
    assert changed.tests_of(Path(file)) == TESTS_OF[file]


def test_tests_that_are_named_are_there() -> None:
    named = {test for tests in changed.OTHERS.values() for test in tests}
    assert [test for test in sorted(named) if not (changed.ROOT / test).is_file()] == []
    slow = (changed.ROOT / changed.PAGES).read_text(encoding="utf-8")
    assert all(f"def {name}(" in slow for name in changed.SLOW)


def test_every_source_file_and_helper_has_tests() -> None:
    files = [
        *(changed.ROOT / changed.SOURCE).rglob("*.py"),
        *(changed.ROOT / changed.TESTS).rglob("*.py"),
    ]
    names = [file.relative_to(changed.ROOT) for file in files]
    assert [name for name in names if not changed.tests_of(name)] == []


def test_fixtures_lead_to_the_tests_that_use_them() -> None:
    found = changed.tests_of(Path("tests/kit/conftest.py"))
    assert "tests/kit/test_image.py" in found
    assert all(test.startswith("tests/kit/") for test in found)


def test_pages_are_checked_without_the_commands_that_take_minutes() -> None:
    assert "--deselect=tests/test_readme.py::test_commands_work" in changed.words_for(
        {"tests/test_readme.py"}
    )
    assert changed.words_for(set()) == [*changed.ALWAYS]
