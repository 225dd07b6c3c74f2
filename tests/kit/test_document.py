from pathlib import Path

from refusals import refused

from neuropil.kit.media.document import Document


def test_a_sheet_is_written_in_the_form_that_the_name_asks_for(tmp_path: Path) -> None:
    sheet = Document("text", "<p>", r"\alpha", "a,b")
    for ending, content in (
        (".txt", "text"),
        (".html", "<p>"),
        (".tex", r"\alpha"),
        (".CSV", "a,b"),
    ):
        sheet.save(str(tmp_path / f"sheet{ending}"))
        assert (tmp_path / f"sheet{ending}").read_text(encoding="utf-8") == content


def test_forms_that_it_lacks_are_refused(tmp_path: Path) -> None:
    with refused("output.ending", "sheet.csv", ".txt, .html"):
        Document("text", "<p>").save(tmp_path / "sheet.csv")
    assert not list(tmp_path.iterdir())
