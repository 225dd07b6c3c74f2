"""What a person does in the studio, in a real browser."""

import re
from pathlib import Path

import numpy as np
import pytest
import zoo
from playwright.sync_api import Locator, Page, expect

from neuropil import registry
from neuropil.apps.handwrite.styles import Style
from neuropil.kit.media.image import Image

WAIT = 120_000
PLACES = 3  # that are no applications


def color_the_church(page: Page, address: str) -> None:
    page.goto(f"{address}/#/colorize")
    page.get_by_role("button", name="Sample church.jpg").click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".compare")).to_be_visible(timeout=WAIT)


def test_the_first_page_leads_to_every_application(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".card")).to_have_count(len(registry.NAMES) + PLACES)
    page.get_by_role("link", name="handwrite-learn").click()
    expect(page).to_have_title(re.compile("handwrite-learn"))
    page.go_back()
    expect(page.locator(".card")).to_have_count(len(registry.NAMES) + PLACES)


def test_a_sample_is_colored_and_can_be_compared(page: Page, address: str) -> None:
    color_the_church(page, address)
    page.get_by_label("how much of the picture before").fill("80")
    assert "80%" in (page.locator(".compare").get_attribute("style") or "")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("colorize-image.jpg")).click()
    assert download.value.suggested_filename == "colorize-image.jpg"


def test_another_sound_is_chosen_and_rendered(page: Page, address: str) -> None:
    page.goto(f"{address}/#/foley")
    page.get_by_role("button", name="Sample horse.mp4").click()
    page.get_by_role("button", name="Start").click()
    board = page.locator("sound-board")
    expect(board.locator(".sound-line .ambience")).to_have_count(1, timeout=WAIT)
    sounds = board.get_by_label("sound of cue 0")
    chosen = sounds.locator("option").nth(1).get_attribute("value") or ""
    sounds.select_option(chosen)
    expect(board.locator(".sound-line .ambience")).to_have_text(chosen.partition("/")[0])
    board.get_by_role("button", name="Render it again").click()
    expect(board.get_by_role("link", name=re.compile("foley-render-film.mp4"))).to_be_visible(
        timeout=WAIT
    )


def test_a_pixel_is_walked_down_to_the_network(page: Page, address: str) -> None:
    color_the_church(page, address)
    expect(page.locator("microscope-view")).to_be_visible(timeout=WAIT)
    page.locator(".compare").click(position={"x": 300, "y": 60})
    steps = page.locator(".step")
    expect(steps.first).to_contain_text("red of the pixel", timeout=WAIT)
    assert steps.count() > 5
    assert page.locator(".step .mistake").count() == 0
    expect(steps.first.locator(".proof")).to_contain_text("checked")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for form, sign in (("text", "z = "), ("LaTeX", r"\begin{aligned}"), ("CSV", "=SUM(D2:")):
        steps.nth(1).get_by_role("button", name=form).click()
        expect(steps.nth(1).locator(".copies")).to_contain_text(f"{form} is on the clipboard")
        assert sign in page.evaluate("navigator.clipboard.readText()")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="As a page").click()
    field, shown = (
        opened.value.locator("article input").first,
        opened.value.locator("article output"),
    )
    before = shown.first.inner_text()
    field.fill("123")
    field.press("Tab")
    expect(shown.first).not_to_have_text(before)
    page.get_by_role("button", name="Deeper, along the largest term").click()
    expect(page.locator(".crumbs button")).to_have_count(2, timeout=WAIT)
    unit = page.locator(".crumbs button").last.inner_text()
    page.reload()
    expect(page.locator(".step .unit").first).to_have_text(unit, timeout=WAIT)


def test_colors_are_put_on_the_picture_moved_and_removed(page: Page, address: str) -> None:
    color_the_church(page, address)
    board = page.locator("hint-board")
    image = board.locator(".stage > img").first
    before = image.get_attribute("src")
    board.locator(".stage").click(position={"x": 120, "y": 150})
    expect(board.locator(".mark")).to_have_count(1)
    expect(image).not_to_have_attribute("src", str(before), timeout=WAIT)
    mark = board.locator(".mark")
    told = mark.get_attribute("aria-label")
    page.mouse.move(*middle(mark))
    page.mouse.down()
    page.mouse.move(middle(mark)[0] + 60, middle(mark)[1])
    page.mouse.up()
    expect(mark).not_to_have_attribute("aria-label", str(told))
    board.get_by_role("button", name="What else could it be?").click()
    expect(board.locator(".others a")).to_have_count(4, timeout=WAIT)
    expect(board.locator(".place")).to_have_count(5)
    board.get_by_role("button", name="How sure it is").click()
    expect(board.locator(".shade")).to_be_visible()
    board.locator(".mark").press("Delete")
    expect(board.locator(".mark")).to_have_count(0)


def test_a_drive_is_watched_and_the_wheel_taken(page: Page, address: str) -> None:
    page.goto(f"{address}/#/drive")
    live = page.locator("live-drive")
    live.get_by_role("button", name="Watch it drive").click()
    score = live.locator("dd").first
    expect(score).to_be_visible(timeout=WAIT)
    before = score.inner_text()
    expect(score).not_to_have_text(before, timeout=WAIT)
    live.get_by_label("What it looks at").check()
    live.get_by_label("I take the wheel").check()
    page.keyboard.down("ArrowLeft")
    expect(live.locator("dd").nth(2)).to_have_text("-0.600", timeout=WAIT)
    page.keyboard.up("ArrowLeft")
    live.get_by_label("I take the wheel").uncheck()
    expect(live.locator("dd").nth(2)).not_to_have_text(re.compile("^-?0.[06]00$"), timeout=WAIT)
    page.get_by_role("link", name="colorize", exact=True).first.click()
    expect(live).to_have_count(0)


def test_a_translation_is_corrected_and_set_anew(page: Page, address: str) -> None:
    page.goto(f"{address}/#/translate")
    page.get_by_role("button", name="Sample menu.webp").click()
    page.get_by_role("button", name="Start").click()
    board = page.locator("text-board")
    image = board.locator(".stage img")
    expect(board.locator("polygon").first).to_be_attached(timeout=WAIT)
    before = image.get_attribute("src")
    field = board.locator("td input").first
    board.locator("polygon").first.click()
    expect(field).to_be_focused()
    expect(board.locator("polygon.chosen").first).to_be_attached()
    field.fill("Something else")
    board.get_by_role("button", name="Set it anew").click()
    expect(image).not_to_have_attribute("src", str(before), timeout=WAIT)
    expect(board.get_by_role("link", name=re.compile("translate-render"))).to_be_visible()


def test_cues_are_drawn_beside_their_sound(page: Page, address: str) -> None:
    page.goto(f"{address}/#/lipsync-cues")
    page.get_by_role("button", name="Sample speech.opus").click()
    page.get_by_role("button", name="Start").click()
    board = page.locator("cue-board")
    cue = board.locator(".cue-line button").nth(3)
    expect(cue).to_be_visible(timeout=WAIT)
    expect(board.get_by_text("at rest")).to_be_visible()
    cue.click()
    expect(board.get_by_text("at rest")).to_have_count(0)
    assert board.locator("audio").evaluate("audio => audio.currentTime") > 0.1


def middle(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_line_is_written_and_found_again_after_a_reload(page: Page, address: str) -> None:
    page.goto(f"{address}/#/handwrite")
    page.get_by_role("textbox", name="text", exact=True).fill("Dear Ada")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("figure img")).to_be_visible(timeout=WAIT)
    page.reload()
    expect(page.locator("figure img")).to_be_visible(timeout=WAIT)
    expect(page.locator("dl")).to_contain_text("ada")


def test_a_style_is_learned_and_written_in_as_a_picture(
    page: Page, address: str, tmp_path: Path
) -> None:
    style = tmp_path / "mine.style"
    Style.parse("lise").save(style)
    page.goto(f"{address}/#/handwrite")
    page.get_by_role("textbox", name="text", exact=True).fill("Hi")
    page.get_by_text("Options").click()
    page.get_by_label("style from a file").set_input_files(style)
    page.get_by_label("drawing as").select_option(".png")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("link", name=re.compile("handwrite-drawing.png"))).to_be_visible(
        timeout=WAIT
    )
    expect(page.locator("dl")).to_contain_text("lise")


def test_a_hand_is_recorded_with_the_mouse_kept_and_written_in(page: Page, address: str) -> None:
    page.goto(f"{address}/#/handwrite-learn")
    sheet = page.get_by_label("sheet to write a line on")
    page.get_by_label("What the line says").fill("nnnn")
    box = sheet.bounding_box()
    assert box
    left, low = box["x"] + 30, box["y"] + 100
    for letter in range(4):
        arch = [(0, 0), (2, -20), (4, -38), (12, -42), (20, -36), (22, -18), (24, 0)]
        points = [(left + 40 * letter + x, low + y) for x, y in arch]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=2)
        page.mouse.up()
    page.get_by_role("button", name="Take this line").click()
    expect(page.locator("stroke-sheet")).to_contain_text("1 taken")
    page.get_by_role("button", name="Start").click()
    page.get_by_label("name of this hand").fill("ann")
    page.get_by_role("button", name="Keep it and write in it").click()
    page.get_by_label("Your hands").select_option("ann")
    page.get_by_role("textbox", name="text", exact=True).fill("Hi")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("dl")).to_contain_text("ann", timeout=WAIT)
    canvas = page.locator("ink-replay canvas")
    expect(canvas).to_be_visible()
    assert (canvas.bounding_box() or {"height": 0})["height"] > 40
    page.get_by_role("button", name="Write it again").click()


def test_the_playground_learns_xor_with_a_hidden_layer_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/#/playground")
    told = page.locator("playground-view .quiet").first
    page.get_by_label("activation").select_option("none")
    expect(page.locator(".message")).to_contain_text("straight line")
    page.get_by_label("rate").fill("0.1")
    page.get_by_role("button", name="Train").click()
    expect(told).to_have_text(re.compile(r"[2-9]\d\d steps, L = 0.2[45]"), timeout=WAIT)
    page.get_by_label("activation").select_option("tanh")
    page.get_by_label("rate").fill("2")
    page.get_by_role("button", name="Train").click()
    expect(told).to_have_text(re.compile(r"L = 0\.0[01]\d"), timeout=WAIT)
    page.get_by_role("button", name="Pause").click()


def test_a_step_is_taken_read_and_a_weight_changed(page: Page, address: str) -> None:
    page.goto(f"{address}/#/playground")
    page.get_by_role("combobox", name="points").select_option("Mazur's two layers")
    neuron = page.locator("section.neuron")
    expect(neuron).to_contain_text("0.7513650695523157")
    expect(neuron.locator("td input").first).to_have_value("0.4")
    after = neuron.locator("tbody tr").first.locator("td").last.inner_text()
    page.get_by_role("button", name="One step").click()
    expect(neuron.locator("td input").first).to_have_value(after)
    expect(neuron.locator(".proof")).to_contain_text("Checked")
    neuron.locator("td input").first.fill("3")
    neuron.locator("td input").first.press("Enter")
    expect(neuron.locator("tbody tr").first).not_to_contain_text(after)
    page.get_by_role("button", name="neuron 1 of layer 1").click()
    expect(neuron.locator("h2")).to_have_text("Neuron 1 of layer 1")


ADDED = re.compile(r"added=-?0(\.01)?%3A-?0(\.01)?%3A1.*shown=4")


def test_a_point_that_was_added_is_there_after_a_reload(page: Page, address: str) -> None:
    page.goto(f"{address}/#/playground")
    plane = page.locator("plane-plot canvas")
    expect(plane).to_be_visible(timeout=WAIT)
    plane.click()  # in its middle, where no point is
    expect(page).to_have_url(ADDED, timeout=WAIT)
    told = page.locator("playground-view .quiet").first
    expect(told).to_have_text(re.compile("^0 steps, L = 0.268"), timeout=WAIT)
    page.reload()
    expect(told).to_have_text(re.compile("^0 steps, L = 0.268"), timeout=WAIT)
    expect(page).to_have_url(ADDED)
    page.get_by_label("hidden neurons").fill("1.5")
    page.get_by_label("hidden neurons").press("Enter")
    expect(page.locator("playground-view .mistake")).to_contain_text("whole numbers")


def test_two_classes_are_taught_and_one_is_recognized(
    page: Page, address: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/#/classify-teach")
    rng = np.random.default_rng(0)
    files: dict[str, list[Path]] = {"red": [], "blue": []}
    for name, color in (("red", (210, 40, 30)), ("blue", (30, 60, 200))):
        for n in range(6):
            path = tmp_path / f"{name}{n}.png"
            noise = rng.integers(-25, 25, (64, 64, 3))
            Image(np.clip(color + noise, 0, 255).astype(np.uint8)).save(path)
            files[name].append(path)
    for number, name in enumerate(files, 1):
        page.get_by_label(f"name of class {number}").fill(name)
        page.get_by_label(f"pictures of class {number}").set_input_files(files[name])
    expect(page.locator("class-recorder")).to_contain_text("6 pictures")
    page.get_by_role("button", name="Start").click()
    page.get_by_label("a picture to try").set_input_files(files["blue"][0])
    first = page.locator("live-guess .guesses p").first
    expect(first).to_contain_text("blue", timeout=WAIT)
    expect(page.get_by_role("link", name=re.compile("classify-teach-network.onnx"))).to_be_visible()


def test_the_camera_records_and_is_told_what_it_sees(page: Page, address: str) -> None:
    page.goto(f"{address}/#/classify-teach")
    button = page.get_by_role("button", name="Hold to record").first
    page.mouse.move(*middle(button))
    page.mouse.down()
    expect(page.locator("class-recorder")).to_contain_text(re.compile(r"[3-9] pictures"))
    page.mouse.up()
    page.goto(f"{address}/#/classify")
    page.get_by_role("button", name="Watch through the camera").click()
    expect(page.locator("live-guess meter").first).to_be_visible(timeout=WAIT)


def test_an_address_that_leads_nowhere_says_so(page: Page, address: str) -> None:
    page.goto(f"{address}/#/nonsense")
    expect(page.locator("[role=alert]")).to_contain_text("There is no nonsense here")
    expect(page.locator(".card")).to_have_count(len(registry.NAMES) + PLACES)


def test_work_can_be_stopped(page: Page, address: str) -> None:
    page.goto(f"{address}/#/handwrite")
    page.get_by_role("textbox", name="text", exact=True).fill("All work and no play. " * 100)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("job-view [role=alert]")).to_contain_text("cancelled", timeout=WAIT)


def test_mistakes_are_said_beside_the_form(page: Page, address: str) -> None:
    page.goto(f"{address}/#/classify")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("form .mistake")).to_contain_text("Give photo")


def test_a_worked_example_is_shown_as_text(page: Page, address: str) -> None:
    page.goto(f"{address}/#/neuron")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("job-view")).to_contain_text("z", timeout=WAIT)


@pytest.mark.parametrize(
    "command",
    ["", "colorize", "handwrite", "classify-teach", "drive", "neuron", "playground", "biology"],
)
def test_it_fits_on_a_telephone(page: Page, address: str, command: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{address}/#/{command}")
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_digit_is_learned_drawn_and_its_neurons_opened(page: Page, address: str) -> None:
    page.goto(f"{address}/#/playground?data=digits&steps=150")
    expect(page.get_by_text(re.compile("^150 steps, L = 0"))).to_be_visible(timeout=WAIT)
    expect(page.locator(".score")).to_have_text(re.compile(r"9\d\.\d % of those it has never"))
    box = page.get_by_label("sheet to draw a digit on").bounding_box()
    assert box
    two = [(0.3, 0.3), (0.5, 0.12), (0.7, 0.3), (0.5, 0.6), (0.3, 0.88), (0.7, 0.88)]
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in two]
    page.mouse.move(*at[0])
    page.mouse.down()
    for point in at[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()
    expect(page.get_by_text("The digit that you drew.")).to_be_visible(timeout=WAIT)
    expect(page.locator(".shares .best")).to_have_text(re.compile("^2"))
    page.get_by_role("button", name="neuron 3 of layer 2").press("Enter")
    expect(page.locator("section.neuron")).to_contain_text("Neuron 3 of layer 2", timeout=WAIT)
    expect(page.locator("section.neuron .proof")).to_contain_text("Checked")
    page.get_by_role("button", name="As homework").click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the sheet").click()
    expect(opened.value.get_by_role("heading", name="Solutions")).to_be_visible()
    page.get_by_role("button", name="neuron 3 of layer 1,").click()
    expect(page.get_by_label("its weights")).to_be_visible()
    page.get_by_role("button", name="show", exact=True).click()
    expect(page.locator("section.neuron tbody tr")).to_have_count(65)
    page.reload()
    expect(page.get_by_text(re.compile("^150 steps, L = 0"))).to_be_visible(timeout=WAIT)
    expect(page.locator("section.neuron")).to_contain_text("Neuron 3 of layer 1")


def test_a_table_of_ones_own_is_learned(page: Page, address: str) -> None:
    rng = np.random.default_rng(0)
    rows = "".join(
        f"{x:.2f},{y:.2f},{kind}\n"
        for kind, center in (("oak", (5, 2)), ("elm", (7, 4)), ("ash", (5, 4)))
        for x, y in rng.normal(center, 0.3, (20, 2))
    )
    page.goto(f"{address}/#/playground")
    page.get_by_role("combobox", name="points").select_option("a table of your own")
    expect(page.get_by_text("Choose a CSV file")).to_be_visible()
    chooser = page.get_by_label("CSV file")
    bad = b"length,kind\n1,oak\n2,elm\n"
    chooser.set_input_files({"name": "bad.csv", "mimeType": "text/csv", "buffer": bad})
    expect(page.get_by_text("two or more columns of numbers")).to_be_visible()
    table = f"length,width,kind\n{rows}".encode()
    chooser.set_input_files({"name": "leaves.csv", "mimeType": "text/csv", "buffer": table})
    expect(page.get_by_text("60 rows, length, width to tell kind")).to_be_visible()
    page.get_by_role("button", name="Train").click()
    expect(page.locator(".score")).to_contain_text("100.0 % of those it has never", timeout=WAIT)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="neuron 2 of layer 1").click()
    expect(page.locator("section.neuron tbody tr").nth(1)).to_contain_text("width")


def test_both_neurons_answer_to_a_slider(page: Page, address: str) -> None:
    page.goto(f"{address}/#/biology?x=0.8,0.6,0.3&w=3,2,-1&b=0.5")
    artificial = page.locator(".answer").last
    living = page.locator(".answer").first
    expect(artificial).to_have_text("a = 0.9781", timeout=WAIT)
    expect(living).to_have_text(re.compile("^[1-9][0-9]* a second"), timeout=WAIT)
    page.get_by_role("slider", name="b").fill("-4")
    expect(artificial).to_have_text("a = 0.3318")
    page.get_by_role("slider", name="x1").fill("0")
    expect(artificial).to_have_text("a = 0.04311")
    expect(living).to_have_text(re.compile("^0 a second"), timeout=WAIT)
    expect(page.get_by_role("img", name="it fired 0 times")).to_be_visible()
    expect(page).to_have_url(re.compile(r"x=0,0\.6,0\.3&w=3,2,-1&b=-4$"))
    page.reload()
    expect(artificial).to_have_text("a = 0.04311", timeout=WAIT)


def test_a_network_is_dropped_in_browsed_and_found_again(
    page: Page, address: str, tmp_path: Path
) -> None:
    text = """(float[1,3] x) => (float[1,2] y) <float[3,2] w = {1, 2, 3, 4, 5, 6}>
        { z = MatMul (x, w)  s = Relu (z)  y = Celu (s) }"""
    (tmp_path / "mine.onnx").write_bytes(zoo.parse(text).SerializeToString())
    np.save(tmp_path / "x.npy", np.array([[1, 2, 3]], np.float32))
    page.goto(f"{address}/#/network")
    page.get_by_label("choose").set_input_files(tmp_path / "mine.onnx")
    expect(page.get_by_text("3 operations, 6 parameters")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("Celu can be run, but not taken apart")).to_be_visible()
    page.get_by_label("file of x").set_input_files(tmp_path / "x.npy")
    page.get_by_role("button", name="z", exact=True).click()
    step = page.locator(".step").first
    expect(step).to_contain_text("z = Σ w·x + b = 28", timeout=WAIT)
    page.get_by_label("number to open").fill("z,0,0")
    page.get_by_role("button", name="Open").click()
    expect(step).to_contain_text("z = Σ w·x + b = 22", timeout=WAIT)
    page.reload()
    expect(step).to_contain_text("z = Σ w·x + b = 22", timeout=WAIT)
    page.get_by_label("number to open").fill("y,0,0")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("walk-view .mistake")).to_contain_text("Celu", timeout=WAIT)


def test_a_file_that_is_no_network_is_said(page: Page, address: str, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    page.goto(f"{address}/#/network")
    page.get_by_label("choose").set_input_files(tmp_path / "bad.onnx")
    expect(page.locator("network-view > .mistake")).to_contain_text(
        "bad.onnx is not an ONNX network", timeout=WAIT
    )
