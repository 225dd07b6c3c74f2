"""What a screen reader or a keyboard would miss, as axe-core tells it, light and dark."""

import pytest
from playwright.sync_api import Page, expect

axe = pytest.importorskip("axe_playwright_python.sync_playwright")

WAIT = 120_000
GRAVE = {"serious", "critical"}
PLACES = (
    *("", "colorize", "classify-teach", "drive", "neuron", "translate-text", "playground"),
    "playground?data=digits&steps=20&open=0,1",
    "biology",
    "network/drive.driver?unit=",
)


def require_accessible(page: Page) -> None:
    found = axe.Axe().run(page).response["violations"]
    grave = [
        f"{each['id']} ({each['help']}): {node['html']}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]
    assert grave == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PLACES)
def test_a_page_can_be_used_without_seeing_it(
    page: Page, address: str, place: str, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{address}/#/{place}")
    expect(page.locator("h1")).to_be_visible(timeout=WAIT)
    page.wait_for_load_state("networkidle")
    require_accessible(page)


@pytest.mark.parametrize(
    ("command", "sample", "waited_for"),
    [
        ("colorize", "church.jpg", "hint-board img"),
        ("translate", "menu.webp", "text-board td"),
        ("lipsync-cues", "speech.opus", ".cue-line button"),
        ("foley", "horse.mp4", "sound-board tbody tr"),
    ],
)
def test_a_result_can_be_used_without_seeing_it(
    page: Page, address: str, command: str, sample: str, waited_for: str
) -> None:
    page.goto(f"{address}/#/{command}")
    page.get_by_role("button", name=f"Sample {sample}").click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator(waited_for).first).to_be_visible(timeout=WAIT)
    require_accessible(page)


def test_an_opened_neuron_can_be_used_without_seeing_it(page: Page, address: str) -> None:
    page.goto(f"{address}/#/colorize")
    page.get_by_role("button", name="Sample church.jpg").click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("microscope-view")).to_be_visible(timeout=WAIT)
    page.locator(".compare").click(position={"x": 300, "y": 60})
    expect(page.locator(".step").first).to_contain_text("red of the pixel", timeout=WAIT)
    require_accessible(page)


def test_what_cannot_be_used_is_found(page: Page, address: str) -> None:
    page.goto(f"{address}/#/colorize")
    expect(page.locator("h1")).to_be_visible(timeout=WAIT)
    page.evaluate("document.querySelector('h1').append(document.createElement('button'))")
    with pytest.raises(AssertionError, match="button-name"):
        require_accessible(page)
