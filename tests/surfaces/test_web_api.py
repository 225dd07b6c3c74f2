"""The studio's interface: jobs taken, followed, stopped; what is refused."""

import io
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from foley_data import make_library, shoot_hits
from PIL import Image as Picture

pytest.importorskip("fastapi")
pytest.importorskip("pebble")

from starlette.testclient import TestClient
from web_client import ORIGIN, finish

from neuropil.apps.handwrite.styles import Style
from neuropil.surfaces.web import api, live, studio
from neuropil.surfaces.web.api import create_app
from neuropil.surfaces.web.policy import Policy
from neuropil.surfaces.web.pool import Pool
from neuropil.surfaces.web.store import ResultStore


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    made = Pool(workers=1, most_waiting=3)
    yield made
    made.close()


def png(size: tuple[int, int] = (48, 32)) -> bytes:
    file = io.BytesIO()
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(size[1], size[0], 3), dtype=np.uint8)
    Picture.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def start(client: TestClient, command: str, options: Any = None, **fields: Any) -> dict[str, Any]:
    files = {k: v for k, v in fields.items() if not isinstance(v, str)}
    data = {k: v for k, v in fields.items() if isinstance(v, str)}
    data["options"] = json.dumps(options or {})
    answer = client.post(f"/api/jobs/{command}", data=data, files=files)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_verbs_are_described(client: TestClient) -> None:
    verbs = {verb["command"]: verb for verb in client.get("/api/verbs").json()}
    assert verbs["colorize"]["inputs"][0]["kind"] == ["image", "film"]
    assert verbs["classify"]["options"]["properties"]["top"]["maximum"] == 1001


def test_a_picture_is_colored_and_given(client: TestClient) -> None:
    told = start(client, "colorize", {"strength": 0.5}, photo=("../../evil.png", png()))
    assert told["state"] in ("waiting", "running")
    done = finish(client, told["name"])
    assert done["state"] == "done", done
    (file,) = done["files"]
    assert file["kind"] == "image"
    assert file["file"] == "colorize-image.png"
    answer = client.get(file["address"])
    assert Picture.open(io.BytesIO(answer.content)).size == (48, 32)
    assert client.get(file["address"].replace("/0", "/7")).status_code == 404


def test_values_are_told_in_numbers_and_words(client: TestClient) -> None:
    done = finish(client, start(client, "classify", {"top": 2}, photo=("a.png", png()))["name"])
    assert len(done["values"]["guesses"]) == 2
    assert "%" in done["texts"]["guesses"]
    assert done["files"] == []


def test_a_text_is_an_input(client: TestClient) -> None:
    done = finish(client, start(client, "handwrite", {"seed": 3}, text="Hi")["name"])
    assert done["state"] == "done", done
    assert [file["kind"] for file in done["files"]] == ["drawing"]


def test_a_letter_can_be_a_picture_in_a_style_that_is_sent(client: TestClient) -> None:
    style = json.dumps(Style.parse("lise").to_json()).encode()
    data = {"text": "Hi", "options": "{}", "endings": '{"drawing": ".png"}'}
    answer = client.post("/api/jobs/handwrite", data=data, files={"style": ("my.style", style)})
    done = finish(client, answer.json()["name"])
    assert done["values"]["style"] == "lise"
    assert done["files"][0]["file"] == "handwrite-drawing.png"
    data["endings"] = '{"drawing": ".exe"}'
    answer = client.post("/api/jobs/handwrite", data=data)
    assert answer.status_code == 422
    assert "drawing can't be .exe; it can be .svg, .png" in answer.json()["message"]


def test_no_option_names_a_file_of_this_machine(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").touch()
    for path in ("/etc/passwd", "../x.style", "mine.style", "there"):
        data = {"text": "Hi", "options": json.dumps({"style": path})}
        answer = client.post("/api/jobs/handwrite", data=data)
        assert answer.status_code == 422
        assert answer.json()["message"].startswith("style takes a name, or a file that is sent")


def test_numbers_out_of_range_are_said(client: TestClient) -> None:
    play = {"sizes": [2, 65], "activations": ["tanh"], "points": [[0, 0]], "targets": [[1]]}
    answer = client.post("/api/playground", json=play)
    assert answer.status_code == 422
    said = answer.json()
    assert said["message"] == "sizes 1: Input should be less than or equal to 64"
    play["sizes"] = [2, 2]
    answer = client.post("/api/playground", json=play)
    assert answer.json()["code"] == "option.conflict"


def test_a_table_is_read(client: TestClient) -> None:
    table = ("leaves.csv", b"length,width,kind\n1,2,oak\n3,4,elm\n")
    told = client.post("/api/tables", files={"table": table}).json()
    assert told["classes"] == ["elm", "oak"]
    answer = client.post("/api/tables", data={"table": "1,2,x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "input.required")


def test_a_neuron_of_the_playground_becomes_homework(client: TestClient) -> None:
    play = {"sizes": [2, 1], "activations": ["sigmoid"], "points": [[1, 2]], "targets": [[1]]}
    answer = client.post("/api/playground/sheet", json=play)
    assert answer.json()["code"] == "option.missing"
    told = client.post("/api/playground/sheet", json=play | {"opened": [0, 0]}).json()
    sheet = client.get(told["address"]).text
    assert "neuron 1 of layer 1" in sheet
    assert "One step of learning" in sheet


def test_a_text_is_never_taken_for_a_file(client: TestClient) -> None:
    written = finish(client, start(client, "handwrite", text="/etc/hostname")["name"])
    data = {"job": written["name"], "options": "{}"}
    for address in ("/api/jobs/colorize", "/api/open/colorize"):
        answer = client.post(address, data=data)
        assert answer.status_code == 422
        assert "other inputs" in answer.json()["message"]
    again = client.post("/api/jobs/handwrite", data=data)
    assert finish(client, again.json()["name"])["state"] == "done"


def test_a_drive_goes_on_while_the_page_looks(client: TestClient) -> None:
    pytest.importorskip("gymnasium")
    begun = client.post("/api/live/drive", json={"seed": 1000}).json()["name"]
    assert client.post(f"/api/sessions/{begun}", json={"steps": 3}).json()["step"] == 3
    said = client.post(f"/api/sessions/{begun}", json={"steps": 99})
    assert said.status_code == 422
    assert "between 1 and 10" in said.json()["message"]
    client.delete(f"/api/sessions/{begun}")
    gone = client.post(f"/api/sessions/{begun}", json={})
    assert "begin anew" in gone.json()["message"]
    for app in ("colorize", "nonsense"):
        answer = client.post(f"/api/live/{app}", json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "name.unknown")


def test_so_many_drives_at_once_are_enough(client: TestClient) -> None:
    pytest.importorskip("gymnasium")
    begun = [client.post("/api/live/drive", json={}) for _ in range(live.MOST + 1)]
    assert [answer.status_code for answer in begun] == [*[202] * live.MOST, 503]
    assert begun[-1].headers["retry-after"]
    for answer in begun[:-1]:
        client.delete(f"/api/sessions/{answer.json()['name']}")


def test_what_nobody_looks_at_is_closed() -> None:
    class Still:
        closed = False

        def advance(self, **options: Any) -> dict[str, Any]:
            return {}

        def close(self) -> None:
            self.closed = True

    sessions, still = live.LiveSessions(), Still()
    sessions.sessions["a"] = live.Session(still)
    sessions.close_idle(1000)
    assert not still.closed
    sessions.close_idle(-1)
    assert still.closed
    assert not sessions.sessions


def test_a_job_takes_what_it_lacks_from_another(client: TestClient) -> None:
    first = finish(client, start(client, "colorize", photo=("old.png", png()))["name"])
    line = {"quad": [[2, 2], [20, 2], [20, 12], [2, 12]], "text": "Ja"}
    block = {"lines": [0], "text": "Ja", "translation": "Yes"}
    corrections = json.dumps({"lines": [line], "blocks": [block]}).encode()
    files = {"corrections": ("mine.json", corrections)}
    address = "/api/jobs/translate-render"
    answer = client.post(address, data={"job": first["name"]}, files=files)
    assert finish(client, answer.json()["name"])["state"] == "done"
    lacking = client.post(address, data={"job": first["name"]})
    assert "other inputs" in lacking.json()["message"]


def test_libraries_are_sent_as_files(client: TestClient, tmp_path: Path) -> None:
    make_library(tmp_path).save(tmp_path / "own.library")
    film = shoot_hits(tmp_path / "hits.mp4").read_bytes()
    own = (tmp_path / "own.library").read_bytes()
    files = [("film", ("hits.mp4", film)), *[("library", (f"{n}.library", own)) for n in "ab"]]
    done = finish(client, client.post("/api/jobs/foley", data={}, files=files).json()["name"])
    assert done["state"] == "done", done
    (cues,) = (file["address"] for file in done["files"] if file["output"] == "cues")
    heard = {cue["file"] for cue in client.get(cues).json()["cues"]}
    assert heard
    assert heard <= {f"{n}.wav" for n in ("hit-wood", "splash", "dog-bark", "birds", "sea")}


def test_the_picture_of_a_job_is_taken_again(client: TestClient) -> None:
    first = finish(client, start(client, "colorize", photo=("old.png", png()))["name"])
    data = {"job": first["name"], "options": '{"hints": ["5,5,#ff0000"]}'}
    done = finish(client, client.post("/api/jobs/colorize", data=data).json()["name"])
    assert done["state"] == "done", done
    assert done["options"] == {"hints": ["5,5,#ff0000"]}


def test_a_mistake_is_said_as_a_page_says_it(client: TestClient) -> None:
    done = finish(client, start(client, "colorize", photo=("old.jpg", b"nothing"))["name"])
    assert done["state"] == "failed"
    assert "old.jpg" in done["error"]["message"]
    assert "00000" not in json.dumps(done)
    answer = client.post("/api/open/handwrite", data={"text": "Hi", "options": "{}"})
    assert answer.json()["message"].startswith("step is missing"), answer.text


def test_folders_keep_the_names_of_their_classes(client: TestClient) -> None:
    names = [f"mine/{kind}/../{n}.png" for kind in ("a b", "c") for n in range(5)]
    names = [name.replace("/../", "/") for name in names]
    rng = np.random.default_rng(1)
    parts = []
    for name in names:
        file = io.BytesIO()
        pixels = rng.integers(256, size=(40, 40, 3), dtype=np.uint8)
        Picture.fromarray(pixels).save(file, "PNG")
        parts.append(("folder", (name, file.getvalue())))
    answer = client.post("/api/jobs/classify-teach", data={"options": "{}"}, files=parts)
    assert answer.status_code == 202, answer.text
    done = finish(client, answer.json()["name"])
    assert done["state"] == "done", done
    assert done["values"]["classes"] == ["a b", "c"]


def test_progress_is_followed(client: TestClient) -> None:
    name = start(client, "handwrite", {}, text="The quick brown fox")["name"]
    with client.stream("GET", f"/api/jobs/{name}/events") as answer:
        lines = [line for line in answer.iter_lines() if line.startswith("data: ")]
    states = [json.loads(line.removeprefix("data: "))["state"] for line in lines]
    assert states[-1] == "done"
    assert answer.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("command", "options", "fields", "status", "code"),
    [
        ("colorise", "{}", {}, 404, "name.unknown"),
        ("colorize", "{}", {}, 422, "input.required"),
        ("colorize", "no", {"photo": ("a.png", b"x")}, 422, "option.syntax"),
        ("colorize", '{"strength": 9}', {"photo": ("a.png", b"x")}, 422, "option.range"),
        ("colorize", '{"colour": 1}', {"photo": ("a.png", b"x")}, 404, "name.unknown"),
        ("drive", '{"watch": true}', {}, 422, "option.conflict"),
    ],
)
def test_mistakes_are_said_at_once(
    client: TestClient, command: str, options: str, fields: Any, status: int, code: str
) -> None:
    data = {"options": options}
    answer = client.post(f"/api/jobs/{command}", data=data, files=fields or {"x": ("y", b"")})
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["message"]


@pytest.mark.parametrize("address", ["/api/jobs/colorize", "/api/open/colorize"])
def test_a_field_that_means_nothing_is_refused(client: TestClient, address: str) -> None:
    data = {"options": '{"at": "5,5"}' if "open" in address else "{}", "strength": "2"}
    answer = client.post(address, data=data, files={"photo": ("a.png", png())})
    assert (answer.status_code, answer.json()["code"]) == (422, "option.conflict")
    assert "no field strength; possible are photo" in answer.json()["message"]


def test_a_damaged_file_is_said_without_our_paths(client: TestClient) -> None:
    name = start(client, "colorize", {}, photo=("holiday.png", b"not a picture"))["name"]
    done = finish(client, name)
    assert done["state"] == "failed"
    assert done["error"]["code"].startswith("input.")
    assert "neuropil-studio" not in done["error"]["message"]


def test_a_job_is_stopped_within_a_second(client: TestClient, pool: Pool) -> None:
    text = "All work and no play makes Jack a dull boy. " * 60
    name = start(client, "handwrite", {}, text=text)["name"]
    while client.get(f"/api/jobs/{name}").json()["state"] != "running":
        time.sleep(0.05)
    began = time.monotonic()
    client.delete(f"/api/jobs/{name}")
    assert finish(client, name)["state"] == "cancelled"
    assert time.monotonic() - began < 2
    done = finish(client, start(client, "handwrite", {}, text="Hi")["name"])
    assert done["state"] == "done"  # by a new worker


def test_jobs_wait_and_a_full_line_is_said(client: TestClient) -> None:
    text = "All work and no play makes Jack a dull boy. " * 60
    names = [start(client, "handwrite", {}, text=text)["name"]]
    while client.get(f"/api/jobs/{names[0]}").json()["state"] != "running":
        time.sleep(0.05)
    names += [start(client, "handwrite", {}, text="Hi")["name"] for _ in range(3)]
    assert client.get(f"/api/jobs/{names[2]}").json()["place"] == 2
    answer = client.post("/api/jobs/handwrite", data={"text": "Hi", "options": "{}"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    for name in names:
        client.delete(f"/api/jobs/{name}")
        assert finish(client, name)["state"] == "cancelled"


def test_a_killed_worker_costs_its_job_alone(client: TestClient, pool: Pool) -> None:
    text = "All work and no play makes Jack a dull boy. " * 60
    name = start(client, "handwrite", {}, text=text)["name"]
    while client.get(f"/api/jobs/{name}").json()["state"] != "running":
        time.sleep(0.05)
    for process in pool.pool._pool_manager.worker_manager.workers.values():
        os.kill(process.pid, signal.SIGKILL)
    told = finish(client, name)
    assert told["error"]["code"] == "worker.died"
    assert finish(client, start(client, "handwrite", {}, text="Hi")["name"])["state"] == "done"


def test_a_job_that_nobody_asks_about_is_stopped(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio, "ALONE", 0.5)
    monkeypatch.setattr(api, "SWEEP", 0.1)
    text = "All work and no play makes Jack a dull boy. " * 60
    name = start(client, "handwrite", {}, text=text)["name"]
    time.sleep(2.5)
    told = client.get(f"/api/jobs/{name}").json()
    assert told["state"] == "cancelled"
    assert "nobody had asked about it" in told["error"]["message"]


def test_a_neuron_behind_a_pixel_is_opened(client: TestClient) -> None:
    job = finish(client, start(client, "colorize", {}, photo=("a.png", png((96, 64))))["name"])
    data = {"job": job["name"], "options": json.dumps({"at": "40,30"}), "depth": "7"}
    opened = finish(client, client.post("/api/open/colorize", data=data).json()["name"])
    assert opened["state"] == "done", opened
    walk = opened["walk"]
    assert walk["title"] == "Behind the color of this pixel"
    page = client.get(walk["page"])
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "neuropil open colorize FILE --at=40,30 --unit=" in page.text
    assert client.get(f"/api/walks/{job['name']}").status_code == 404
    sheet = client.get(walk["sheet"])
    assert "Solutions" in sheet.text
    assert "red of the pixel" in sheet.text
    assert sheet.headers["content-security-policy"].startswith("sandbox;")
    assert client.get(f"/api/sheets/{job['name']}").status_code == 404
    assert client.get("/api/sheets/..").status_code == 404
    assert all(step["proved"] for step in walk["steps"])
    assert walk["image"]["at"] == [40.5 / 96, 30.5 / 64]
    deeper = [unit for step in walk["steps"] for unit in step["sources"].values()]
    data |= {"unit": deeper[0]}
    further = finish(client, client.post("/api/open/colorize", data=data).json()["name"])
    assert any(step["unit"] == deeper[0] for step in further["walk"]["steps"])


@pytest.mark.parametrize(
    ("app", "data", "status", "code"),
    [
        ("colorise", {}, 404, "name.unknown"),
        ("colorize", {"job": "0" * 24}, 404, "name.unknown"),
        ("colorize", {"options": '{"at": "1,1"}'}, 422, "input.required"),
        ("colorize", {"depth": "0"}, 422, "input.required"),
    ],
)
def test_places_that_are_none_are_said(
    client: TestClient, app: str, data: dict[str, str], status: int, code: str
) -> None:
    answer = client.post(f"/api/open/{app}", data=data or {"x": "y"})
    assert answer.status_code == status
    assert answer.json()["code"] == code


def test_probes_are_described_and_the_page_is_there(client: TestClient) -> None:
    probes = {probe["app"]: probe for probe in client.get("/api/probes").json()}
    assert "at" in probes["colorize"]["options"]["properties"]
    assert "neuron" not in probes
    for file in ("", "main.js", "studio.css", "tokens.css", "samples/church.jpg"):
        assert client.get(f"/{file}").is_success
    samples = client.get("/api/samples").json()
    assert {"file": "church.jpg", "kind": "image", "app": ""} in samples
    assert {"file": "speech.opus", "kind": "audio", "app": "lipsync"} in samples
    for sample in samples:
        assert client.get(f"/samples/{sample['file']}").is_success


def test_all_of_the_page_is_asked_for_at_once() -> None:
    page = Path(api.__file__).with_name("page")
    ahead, found = ["main.js"], set[str]()
    while ahead:
        found.add(name := ahead.pop())
        text = (page / name).read_text(encoding="utf-8")
        ahead += set(re.findall(r'^import .* from "\./([\w-]+\.js)";', text, re.MULTILINE)) - found
    index = (page / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'<link rel="modulepreload" href="/([\w-]+\.js)">', index)
    assert set(named) == found - {"main.js"}
    assert len(named) > 10


def test_requests_of_others_are_refused(client: TestClient) -> None:
    assert client.get("/api/verbs", headers={"host": "evil.example"}).status_code == 421
    other = {"origin": "http://evil.example"}
    assert client.post("/api/jobs/handwrite", data={}, headers=other).status_code == 403
    cross = {"sec-fetch-site": "cross-site"}
    assert client.post("/api/jobs/handwrite", data={}, headers=cross).status_code == 403
    assert client.get("/api/jobs/../../etc/passwd").status_code == 404
    answer = client.get("/api/verbs")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_is_too_large_is_refused_while_it_comes(pool: Pool, store: ResultStore) -> None:
    policy = Policy(most_bytes=10_000)
    with TestClient(create_app(pool, store, policy), base_url=ORIGIN) as client:
        big = {"photo": ("a.png", b"x" * 20_000)}
        assert client.post("/api/jobs/colorize", files=big).status_code == 413

        def parts() -> Iterator[bytes]:  # without a length
            yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
            for _ in range(20):
                yield b"y" * 1000
            yield b"\r\n--x--\r\n"

        kind = {"content-type": "multipart/form-data; boundary=x"}
        answer = client.post("/api/jobs/colorize", content=parts(), headers=kind)
        assert answer.status_code == 413
    assert not [*store.root.iterdir()]


def test_a_token_is_asked_for(pool: Pool, store: ResultStore) -> None:
    policy = Policy(token="secret")
    with TestClient(create_app(pool, store, policy), base_url=ORIGIN) as client:
        assert client.get("/api/verbs").status_code == 401
        assert client.get("/api/verbs?token=wrong").status_code == 401
        assert client.get("/api/verbs", headers={"authorization": "Bearer secret"}).is_success
        assert client.get("/api/verbs?token=secret").is_success
        assert client.get("/api/verbs").is_success  # by the cookie that came with it
