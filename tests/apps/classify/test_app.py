"""The classifier at work: answers, contact sheets, classes of one's own."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pages
import pytest
from listening import listening
from PIL import Image as Picture
from refusals import refused

from neuropil.apps.classify.app import CLASSIFIER, EYE, TWO_CLASSES, Classify, extract_features
from neuropil.apps.classify.classifier import THOUSAND
from neuropil.apps.classify.photo_folder import PhotoFolder
from neuropil.apps.classify.preprocess import CLASSES, encode
from neuropil.eye.network import normalize
from neuropil.kit.errors import UserError
from neuropil.kit.media.image import Image
from neuropil.kit.media.image_folder import ImageFolder
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.networks.onnx_file import OnnxFile
from neuropil.surfaces.cli import main as cli

SAMPLES = Path(__file__).parents[3] / "src" / "neuropil" / "samples"
CAT = SAMPLES / "cat-color.jpg"


@pytest.fixture(scope="module")
def app() -> Classify:
    return Classify()


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Make stripes that lie, stripes that stand, and spots, in many colors."""
    rng = np.random.default_rng(0)
    for name in ("lying", "standing", "spotted"):
        (tmp_path / "album" / name).mkdir(parents=True)
        for i in range(8):
            color = rng.integers(60, 256, 3)
            y, x = np.mgrid[:64, :64] // int(rng.integers(6, 10))
            on = {"lying": y % 2, "standing": x % 2, "spotted": (x % 2) & (y % 2)}[name]
            pixels = (on[..., None] * color).astype(np.uint8)
            Picture.fromarray(pixels).save(tmp_path / "album" / name / f"{i}.png")
    return tmp_path / "album"


def test_a_cat_is_a_cat(app: Classify) -> None:
    first, second, *_ = app(Image.open(CAT)).guesses
    assert (first.name, first.group, second.group) == ("Egyptian cat", "cat", "cat")
    assert (first.leads_group, second.leads_group) == (True, False)
    assert second.group_probability == first.group_probability
    assert str(second).startswith(f"cat: {second.name} "), "the word's probability is told once"
    every = app(Image.open(CAT), top=1001).guesses
    assert sum(each.probability for each in every) == pytest.approx(1)
    cats = [each.probability for each in every if each.group == "cat"]
    assert first.group_probability == pytest.approx(sum(cats))
    assert [each.rank for each in every] == sorted((each.rank for each in every), reverse=True)
    assert str(first).startswith("cat 8"), "cat 83.1 %: Egyptian cat 40.9 %"


def test_of_ten_classes_a_cat_is_a_cat(app: Classify) -> None:
    (first, *others) = app(Image.open(CAT), top=11, classes="ten").guesses
    assert first.name == "cat"
    assert sorted(g.name for g in (first, *others)) == sorted([*CLASSES, "none of them"])
    assert sum(g.probability for g in (first, *others)) == pytest.approx(1)
    assert [g.probability for g in others] == sorted((g.probability for g in others), reverse=True)


def test_coffee_is_something_and_none_of_the_ten(app: Classify) -> None:
    coffee = Image.open(SAMPLES / "coffee-color.jpg")
    assert app(coffee).guesses[0].name == "espresso"
    assert app(coffee, classes="ten").guesses[0].name == "none of them"


def test_a_person_is_none_of_the_thousand(app: Classify) -> None:
    assert app(Image.open(SAMPLES / "farmer.jpg")).guesses[0].name == "none of them"


def test_a_small_picture_gets_what_the_network_says(app: Classify) -> None:
    pixels = np.asarray(Picture.open(CAT).resize((32, 32)))
    made = app.network(CLASSIFIER).run(picture=np.ascontiguousarray(encode(pixels[None])))
    z = made["logits"][0].astype(np.float64) / app.classifier("ten").metadata.temperature
    p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    unknown = 1 / (1 + np.exp(-float(made["outside"][0, 0])))
    found = {g.name: g.probability for g in app(Image(pixels), top=11, classes="ten").guesses}
    for name, share in zip(CLASSES, p, strict=True):
        assert found[name] == pytest.approx((1 - unknown) * share, rel=1e-4)


def test_the_eye_says_what_its_formula_says(app: Classify) -> None:
    """Both views by hand: logits averaged, and the neuron on how far the largest stands out."""
    pixels = np.asarray(Picture.open(CAT).convert("RGB").resize((320, 320)))
    views = [pixels, pixels[48:272, 48:272]]  # the whole, and 0.7 of it
    z = []
    for view in views:
        at = np.asarray(Picture.fromarray(view).resize((224, 224), Picture.Resampling.BICUBIC))
        z.append(app.network(EYE).run(picture=normalize(at[None]))["logits"][0].astype(np.float64))
    told = json.loads(THOUSAND.read_text(encoding="utf-8"))
    e = np.mean([(v.max() - v.mean()) / v.std() for v in z])
    none = 1 / (1 + np.exp(-(told["none_weight"] * e + told["none_bias"])))
    powers = np.exp((np.mean(z, axis=0) - np.max(np.mean(z, axis=0))) / told["temperature"])
    found = {g.name: g.probability for g in app(Image(pixels), top=1001).guesses}
    assert found["none of them"] == pytest.approx(none, rel=0.02)
    assert found["Egyptian cat"] == pytest.approx((1 - none) * max(powers) / sum(powers), rel=0.02)


def test_depth_and_glass_do_not_matter(app: Classify) -> None:
    pixels = np.asarray(Picture.open(CAT).convert("RGB"))
    deep = Image(pixels.astype(np.uint16) * 257, np.full(pixels.shape[:2], 65535, np.uint16))
    one, other = (app(photo, top=5).guesses for photo in (Image(pixels), deep))
    assert [g.name for g in one] == [g.name for g in other]
    assert one[0].probability == pytest.approx(other[0].probability, abs=0.01)


def test_lines_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(SAMPLES / f"{name}-color.jpg") for name in ("cat", "coffee", "rocket")]
    assert cli.run(["classify", *files, "--top", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == files
    assert lines[0].partition(": ")[2].startswith("cat ")
    assert lines[0].count("%") == 3
    assert cli.run(["classify", files[0], "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["input"] == files[0]
    assert told["guesses"][0]["name"] == "Egyptian cat"
    assert 0.3 < told["guesses"][0]["probability"] <= 1


def test_json_is_what_the_page_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (pages.ROOT / "docs" / "classify.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    Path("cat.jpg").write_bytes(CAT.read_bytes())
    assert cli.run(["classify", "cat.jpg", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (example,) = map(json.loads, pages.blocks(page, "json"))
    guesses = zip(told.pop("guesses"), example.pop("guesses"), strict=True)
    assert told == example
    for ours, theirs in guesses:
        assert ours.keys() == theirs.keys()
        for key, value in theirs.items():
            is_number = isinstance(value, float)
            assert ours[key] == (pytest.approx(value, abs=0.02) if is_number else value), key


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Make a folder of pictures, one of them in a folder below it, one damaged, one hidden."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for name in ("cat", "coffee", "rocket"):
        photo = Picture.open(SAMPLES / f"{name}-color.jpg")
        photo.save(folder / ("more" if name == "rocket" else "") / f"{name}.png")
    (folder / "damaged.jpg").write_bytes(b"nothing")
    (folder / ".hidden.jpg").write_bytes(CAT.read_bytes())
    (folder / "notes.txt").write_bytes(b"nothing")
    return folder


def test_a_contact_sheet_is_drawn(
    photos: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sheet = tmp_path / "new" / "sheet.png"
    assert cli.run(["classify-sheet", str(photos), "-o", str(sheet), "--top", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["files"] == {"picture": [str(sheet)]}
    names = ["cat.png", "coffee.png", "more/rocket.png"]
    assert [each["file"] for each in told["guesses"]] == [str(photos / name) for name in names]
    assert told["guesses"][0]["guesses"][0]["group"] == "cat"
    assert all(len(each["guesses"]) == 2 for each in told["guesses"])
    assert "damaged.jpg is not a picture" in err
    with Picture.open(sheet) as drawn:
        assert drawn.width > 2 * 220


def test_a_sheet_says_what_is_said_of_each_picture(app: Classify, photos: Path) -> None:
    made = app.sheet(PhotoFolder.open(photos), top=11)
    for each in made.guesses:
        assert each.guesses == app(Image.open(each.file), top=11).guesses


def test_sheets_in_a_folder_are_none_of_its_pictures(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["classify-sheet", str(photos), "-o", str(photos)]) == 0
    assert (photos / "classify-sheet.png").exists()
    for name in ("my-classify-sheet.png", "classify-sheet-2.jpg", "classify-sheets.png"):
        (photos / name).write_bytes(CAT.read_bytes())
    names = [file.name for file in PhotoFolder.open(photos).files]
    assert names == ["cat.png", "classify-sheets.png", "coffee.png", "damaged.jpg", "rocket.png"]
    only = photos / "only"
    only.mkdir()
    (photos / "classify-sheet.png").rename(only / "classify-sheet.png")
    with refused("input.empty", "no pictures are in", "only"):
        PhotoFolder.open(only)


def test_a_name_with_a_line_end_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a\nb.png").write_bytes(CAT.read_bytes())
    assert cli.run(["classify-sheet", str(tmp_path), "-o", str(tmp_path / "s.png")]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "cat" in line]
    assert len(told) == 1
    assert told[0].lstrip().startswith(str(tmp_path / r"a\nb.png"))


def test_folders_without_pictures_are_refused(app: Classify, tmp_path: Path) -> None:
    with refused("input.missing", "there is no folder", "nowhere"):
        PhotoFolder.open(tmp_path / "nowhere")
    with refused("input.kind", "is no folder"):
        PhotoFolder.open(CAT)
    (tmp_path / "empty").mkdir()
    with refused("input.empty", "no pictures are in", "empty"):
        PhotoFolder.open(tmp_path / "empty")
    (tmp_path / "empty" / "bad.jpg").write_bytes(b"nothing")
    with refused("input.damaged", "no picture of"):
        app.sheet(PhotoFolder.open(tmp_path / "empty"))


def test_folders_are_gone_through_and_bad_files_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(CAT.read_bytes())
    (tmp_path / "in" / "b.jpg").write_bytes(b"nothing")
    (tmp_path / "in" / "notes.txt").write_bytes(b"nothing")
    assert cli.run(["classify", str(tmp_path / "in")]) == 2
    out, err = capsys.readouterr()
    assert out.startswith(str(tmp_path / "in" / "a.jpg"))
    assert len(out.splitlines()) == 1
    assert "b.jpg is not a picture" in err
    assert "1 of 2 inputs could not be done" in err


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (["classify"], "name a file or a folder, as in: neuropil classify"),
        (["classify", "no.jpg"], "there is no file no.jpg"),
        (["classify", "CAT", "-o", "x.png"], "no such option: -o"),
        (["classify", "CAT", "--top", "0"], "top is 0; it lies between 1"),
        (["classify", "film.mp4"], "film.mp4 is a film; classify takes a picture"),
        (["classify", "empty"], "empty holds nothing that classify reads; name another"),
        (["classify", ""], "an empty name; name a file or a folder"),
        (["classify", "-"], "files are not read from a pipe (-); name a file"),
        (["classify", "https://example.com/cat.jpg"], "https://example.com/cat.jpg is an address"),
        (["classify", "CAT", "--classes", "many"], "--classes is many; it is one of thousand, ten"),
        (["classify-sheet"], "as in: neuropil classify-sheet"),
        (
            ["classify-sheet", "album", "empty"],
            "classify-sheet takes one folder, and was given 2; as in",
        ),
        (["classify-sheet", "empty"], "no pictures are in empty; name another folder"),
        (["classify-sheet", "CAT"], "is no folder"),
        (["classify-sheet", "album", "--top", "1002"], "top is 1002; it lies between 1"),
        (["classify-sheet", "album", "-o", "x.txt"], "x.txt can't be written; end the name in"),
        (["classify-sheet", "album", "-o", "there.png"], "there.png is there already; overwrite"),
        (["classify-teach", "album", "--top", "5"], "no such option: --top"),
        (
            ["classify-teach", "album", "empty"],
            "classify-teach takes one folder, and was given 2; as in",
        ),
        (["classify-teach"], "classify-teach takes one folder, and was given none; as in"),
        (["classify-teach", "album", "-o", "-"], "--output is -, a pipe; name a file or a folder"),
        (["classify-teach", "no"], "there is no"),
        (["classify-teach", ""], "an empty name; name a file or a folder"),
        (["classify-teach", "album", "-o", "mine.txt"], "mine.txt can't be written; end the name"),
    ],
)
def test_mistakes_are_told(
    line: list[str],
    reason: str,
    capsys: pytest.CaptureFixture[str],
    album: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(album.parent)
    (album.parent / "empty").mkdir()
    (album.parent / "there.png").touch()
    (album.parent / "film.mp4").touch()
    assert cli.run([str(CAT) if word == "CAT" else word for word in line]) == 2
    out, err = capsys.readouterr()
    assert reason in err
    assert out == ""


def test_taught_from_a_folder_it_knows_the_new_classes(
    album: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(album.parent)
    assert cli.run(["classify-teach", "album", "-o", "mine.onnx"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["mine.onnx", "mine-confusion.png"]
    assert "pictures: 24" in lines
    assert "tested: 24" in lines
    assert "share of largest class: 0.3333" in lines
    assert float(lines[-2].removeprefix("cross validated accuracy: ")) > 0.7
    line = ["classify", "album/lying/0.png", "--weights", "mine.onnx", "--json", "--top", "4"]
    assert cli.run(line) == 0
    told = json.loads(capsys.readouterr().out)["guesses"]
    assert told[0]["name"] == "lying"
    assert {guess["name"] for guess in told} == {"lying", "standing", "spotted", "none of them"}
    assert cli.run(["classify-teach", "album", "-o", "mine.onnx"]) == 2, "it is there already"
    before = Path("mine.onnx").read_bytes()
    assert cli.run(["classify-teach", "album", "-o", "mine.onnx", "--force", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["classes"] == ["lying", "spotted", "standing"]
    assert Path("mine.onnx").read_bytes() == before, "the same folder, the same file"


def test_a_taught_file_tells_how_it_was_made(app: Classify, album: Path) -> None:
    network = OnnxNetwork(app.teach(ImageFolder.open(album)).network.content)
    assert network.metadata["command"] == "neuropil classify-teach"
    assert {"recipe", "date", "commit"} & network.metadata.keys() == set(), "those are the eye's"
    assert json.loads(network.metadata["eye"])["command"] == "neuropil train eye"
    assert network.metadata["licence"] == "Apache-2.0"


def test_two_classes_say_that_none_of_them_is_not_known(
    album: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(album.parent)
    shutil.rmtree(album / "spotted")
    assert cli.run(["classify-teach", "album", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["other_things_recognized"] is None
    assert json.loads(out)["own_classes_kept"] > 0.9
    assert "of two classes none can be left out" in err


def test_a_network_that_teaching_makes_no_use_of_is_refused(
    album: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(album.parent)
    file = str(Classify.networks[CLASSIFIER].path)
    assert cli.run(["classify-teach", "album", "--weights", file]) == 2
    assert f"{file} would change nothing" in capsys.readouterr().err
    monkeypatch.setenv("NEUROPIL_WEIGHTS", file)
    assert cli.run(["classify-teach", "album"]) == 0, "those are for whatever can use them"


def test_a_taught_network_opens(
    album: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(album.parent)
    assert cli.run(["classify-teach", "album"]) == 0
    file = "album/spotted/1.png"
    line = ["open", "classify", file, "--weights", "classify-teach.onnx", "--label"]
    assert cli.run([*line, "spotted", "--depth", "3"]) == 0
    assert "z of spotted" in capsys.readouterr().out
    assert cli.run([*line, "none", "--depth", "6"]) == 0
    walk = capsys.readouterr().out
    assert "p of none of them" in walk
    assert "the largest z, z of " in walk
    assert "CHECK FAILED" not in walk
    assert cli.run([*line, "SPOTTED"]) == 0
    assert "z of spotted" in capsys.readouterr().out
    assert cli.run([*line, "dotted"]) == 2
    assert "there are: lying, spotted, standing, none" in capsys.readouterr().err


def test_a_network_fresh_from_training_can_be_used(tmp_path: Path) -> None:
    """It has T = 1 and no answer that it is none of the classes."""
    from neuropil.apps.classify.lab.train import export_spec

    told = {key: export_spec().metadata[key] for key in ("temperature", "outside")}
    model = OnnxFile.open(Classify.networks[CLASSIFIER].path).with_tensors({}, told)
    model.save(tmp_path / "fresh.onnx")
    guesses = Classify(networks=[tmp_path / "fresh.onnx"])(Image.open(CAT), top=11).guesses
    assert len(guesses) == 10
    assert sum(guess.probability for guess in guesses) == pytest.approx(1)


@pytest.mark.parametrize(
    "told",
    [
        {"classes": "nonsense"},
        {"classes": '["a", "b"]'},
        {"classes": json.dumps([*"abcdefghi", "a"])},
        {"classes": json.dumps([*"abcdefghi", "\x1b[31mj"])},
        {"classes": json.dumps([*"abcdefghi", " "])},
        {"classes": json.dumps([*"abcdefghi", None])},
        {"outside": "cat"},
        {"outside": "no\nne"},
        {"temperature": "1e-320"},
        {"temperature": "0"},
        {"temperature": "warm"},
        {"mean": "[0, 0, 0]"},
    ],
)
def test_files_that_tell_nonsense_are_refused(told: dict[str, str], tmp_path: Path) -> None:
    OnnxFile.open(Classify.networks[CLASSIFIER].path).with_tensors({}, told).save(
        tmp_path / "odd.onnx"
    )
    with pytest.raises(UserError, match=r"odd\.onnx") as caught:
        Classify(networks=[tmp_path / "odd.onnx"])(Image.open(CAT))
    assert caught.value.code in ("network.mismatch", "network.damaged")


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(wrong: float, tmp_path: Path) -> None:
    model = OnnxFile.open(Classify.networks[CLASSIFIER].path)
    bias = np.full_like(model.tensor("head.bias"), wrong)
    model.with_tensors({"head.bias": bias}, {}).save(tmp_path / "odd.onnx")
    with refused("network.damaged", "odd.onnx"):
        Classify(networks=[tmp_path / "odd.onnx"])(Image.open(CAT))


@pytest.fixture
def said() -> Iterator[list[str]]:
    """Collect what a person is told meanwhile."""
    with listening() as lines:
        yield lines


def resaved(photo: Image, n: int) -> list[Image]:
    """Make copies of a picture that only a look can tell to be the same."""
    return [photo.replace(pixels=np.minimum(photo.pixels, 250 - i)) for i in range(n)]


def test_what_all_looks_the_same_is_not_counted_as_tested(app: Classify, said: list[str]) -> None:
    rng = np.random.default_rng(0)
    a, b, *others = (Image(rng.integers(256, size=(40, 40, 3), dtype=np.uint8)) for _ in range(8))
    taught = app.teach(ImageFolder({"one": resaved(a, 6), "two": others}))
    assert (taught.pictures, taught.tested, taught.share_of_largest_class) == (12, 6, 1)
    assert said == [
        "all pictures of one look the same: it is learned, not tested; add others",
        TWO_CLASSES,
    ]
    with refused("input.content", "one; two"):
        app.teach(ImageFolder({"one": resaved(a, 6), "two": resaved(b, 6)}))


def test_pictures_that_look_alike_in_two_classes_are_told(app: Classify, said: list[str]) -> None:
    rng = np.random.default_rng(0)
    ones = [Image(rng.integers(256, size=(40, 40, 3), dtype=np.uint8)) for _ in range(10)]
    mirrored = ones[0].replace(pixels=ones[0].pixels[:, ::-1].copy())
    app.teach(ImageFolder({"one": ones[:5], "two": [*ones[5:], mirrored]}))
    assert said == [
        "these look the same, in two classes: number 1 of one and number 6 of two",
        TWO_CLASSES,
    ]


def test_features_are_the_mean_of_the_views(app: Classify) -> None:
    photo, ten = Image.open(CAT), app.classifier("ten")
    (row,) = extract_features(ten, [photo])
    weight, bias = matrices(app.network(CLASSIFIER))
    z = ten.predict(photo).z
    assert weight.astype(np.float64) @ row + bias == pytest.approx(z, abs=1e-4)


def matrices(network: OnnxNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Read the last layer from the file."""
    import onnx
    from onnx import numpy_helper

    held = {t.name: numpy_helper.to_array(t) for t in onnx.load(network.path).graph.initializer}
    return held["head.weight.float16"], held["head.bias"]


def test_classes_and_weights_of_ones_own_exclude_each_other(tmp_path: Path) -> None:
    file = Classify.networks[CLASSIFIER].path
    assert Classify(networks=[file])(Image.open(CAT)).guesses[0].name == "cat"
    with refused("option.conflict", "classes is thousand", file.name, "leave out one"):
        Classify(networks=[file])(Image.open(CAT), classes="thousand")


def test_teaching_in_python(app: Classify, album: Path) -> None:
    taught = app.teach(ImageFolder.open(album))
    assert taught.classes == ("lying", "spotted", "standing")
    assert taught.confusion.height > 300
    told = json.loads(OnnxNetwork(taught.network.content).metadata["scores"])
    assert told == {"accuracy": taught.cross_validated_accuracy}
