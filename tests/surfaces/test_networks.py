"""ONNX files that are dropped into the studio: listed, opened, and what is said of bad ones."""

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import zoo
from PIL import Image as Picture

pytest.importorskip("fastapi")
pytest.importorskip("pebble")

from starlette.testclient import TestClient
from web_client import ORIGIN, finish

from neuropil.surfaces.web.api import create_app
from neuropil.surfaces.web.onnx_worker import MEMORY
from neuropil.surfaces.web.policy import Policy
from neuropil.surfaces.web.pool import Pool
from neuropil.surfaces.web.store import ResultStore

SUM = """(float[1,3] x) => (float[1,2] y)
    <float[3,2] w = {1, 2, 3, 4, 5, 6}, float[2] b = {0.5, -0.5}>
    { z = Gemm (x, w, b)  y = Relu (z) }"""
PIXELS = """(float[B,1,H,W] picture) => (float[] y)
    <float[1,1,3,3] w = {0, 1, 0, 1, 4, 1, 0, 1, 0}> { y = Conv <pads=[1,1,1,1]> (picture, w) }"""
CELU = "(float[1,2] x) => (float[1,2] y) { z = Relu (x)  y = Celu (z) }"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    pool, store = Pool(workers=1), ResultStore(most_bytes=10**9, most_seconds=3600)
    with TestClient(create_app(pool, store, Policy()), base_url=ORIGIN) as made:
        yield made
    pool.close()
    store.close()


def bring(client: TestClient, content: bytes, name: str = "mine.onnx") -> dict[str, Any]:
    answer = client.post("/api/networks", files={"network": (name, content)})
    assert answer.status_code == 202, answer.text
    return finish(client, answer.json()["name"])


def network(text: str) -> bytes:
    made: bytes = zoo.parse(text).SerializeToString()
    return made


def look(client: TestClient, name: str, files: Any = None, **fields: str) -> dict[str, Any]:
    answer = client.post(f"/api/networks/{name}/open", data=fields or {"x": ""}, files=files)
    assert answer.status_code == 202, answer.text
    return finish(client, answer.json()["name"])


def npy(values: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(values, np.float32))
    return file.getvalue()


def test_a_network_is_listed(client: TestClient) -> None:
    listed = bring(client, network(SUM))["network"]
    assert listed["operators"] == {"Gemm": 1, "Relu": 1}
    assert listed["parameters"] == 8
    assert listed["given"] == {"x": "1, 3"}
    assert [(t["name"], t["op"], t["shape"]) for t in listed["tensors"]] == [
        ("z", "Gemm", "1 × 2"),
        ("y", "Relu", "1 × 2"),
    ]
    assert listed["tensors"][0]["unit"].startswith("z,0,")
    assert (listed["fault"], listed["unknown"], listed["pictures"]) == ("", [], [])


def test_a_neuron_is_opened_on_inputs_that_are_sent_and_deeper_on_the_same(
    client: TestClient,
) -> None:
    name = bring(client, network(SUM))["name"]
    files = {"x": ("mine.npy", npy([[1, 2, 3]]))}
    opened = look(client, name, files, unit="z,0,1", depth="1")
    (step,) = opened["walk"]["steps"]
    assert step["z"] == 2 + 8 + 18 - 0.5
    assert step["proved"]
    again = look(client, name, unit="y,0,0", job=opened["name"])
    assert again["walk"]["steps"][-1]["a"] == 1 + 6 + 15 + 0.5
    assert client.get(again["walk"]["page"]).status_code == 200


def test_what_is_drawn_is_the_same_for_a_seed(client: TestClient) -> None:
    name = bring(client, network(SUM))["name"]
    first, same, other = (look(client, name, unit="z,0,0", seed=seed) for seed in "112")
    values = [each["walk"]["steps"][0]["z"] for each in (first, same, other)]
    assert values[0] == values[1] != values[2]


def test_a_picture_is_brought_to_the_shape_that_is_asked_for(client: TestClient) -> None:
    listed = bring(client, network(PIXELS))
    assert listed["network"]["pictures"] == ["picture"]
    assert listed["network"]["given"] == {"picture": "1, 1, 64, 64"}
    file = io.BytesIO()
    Picture.new("RGB", (40, 20), (255, 255, 255)).save(file, "PNG")
    files = {"picture": ("white.png", file.getvalue())}
    shapes = json.dumps({"picture": "1, 1, 8, 16"})
    opened = look(client, listed["name"], files, unit="y,0,0,4,8", shapes=shapes)
    (step,) = opened["walk"]["steps"]
    assert step["z"] == pytest.approx(8)
    assert opened["walk"]["image"]["words"] == "the picture that it is given"
    assert step["field"]


def test_an_operator_that_is_not_known_is_said(client: TestClient) -> None:
    listed = bring(client, network(CELU))
    assert listed["network"]["unknown"] == ["Celu"]
    error = look(client, listed["name"], unit="y,0,0")["error"]
    assert error["code"] == "network.no_neuron"
    assert "Celu" in error["message"]
    assert "what can be opened nearest to it: z,0," in error["message"]


def test_a_network_of_the_package_is_opened(client: TestClient) -> None:
    names = [each["name"] for each in client.get("/api/networks").json()]
    assert "drive.driver" in names
    answer = client.post("/api/networks", data={"packaged": "drive.driver"})
    listed = finish(client, answer.json()["name"])
    opened = look(client, listed["name"], unit=listed["network"]["first"], depth="5")
    assert all(step["proved"] for step in opened["walk"]["steps"])
    assert len(opened["walk"]["steps"]) == 5


def test_what_is_no_network_is_said_without_our_paths(client: TestClient) -> None:
    failed = bring(client, b"nothing", "holiday.onnx")
    assert failed["error"]["code"] == "network.damaged"
    assert "holiday.onnx is not an ONNX network" in failed["error"]["message"]
    assert "neuropil-studio" not in failed["error"]["message"]
    opened = look(client, failed["name"])
    assert "neuropil-studio" not in opened["error"]["message"]
    assert client.post("/api/networks", data={"packaged": "x"}).status_code == 422


def test_inputs_that_cannot_be_are_said(client: TestClient) -> None:
    name = bring(client, network(SUM))["name"]
    for shape, words in (
        ("a, b", "a, b is no shape"),
        ("9000, 9000", "4,000,000 numbers"),
        ("1, 7", "can't run on these inputs"),
    ):
        failed = look(client, name, shapes=json.dumps({"x": shape}))
        assert words in failed["error"]["message"], failed
    failed = look(client, name, {"x": ("mine.npy", b"nothing")})
    assert "mine.npy is no array of numbers" in failed["error"]["message"]
    assert "neuropil-studio" not in failed["error"]["message"]
    failed = look(client, name, unit="q,0")
    assert failed["error"]["code"] == "network.unknown_tensor"


@pytest.mark.skipif(not MEMORY.exists(), reason="this system bounds no memory")
def test_a_tensor_of_any_size_is_refused_and_the_worker_goes_on(client: TestClient) -> None:
    huge = """(float[1] x) => (float[N] y) <int64[1] n = {6000000000}> { y = Expand (x, n) }"""
    listed = bring(client, network(huge))["network"]
    assert "can't run on these inputs" in listed["fault"]
    assert bring(client, network(SUM))["network"]["fault"] == ""


def test_other_jobs_are_no_networks(client: TestClient) -> None:
    name = bring(client, network(SUM))["name"]
    opened = look(client, name)
    assert client.post(f"/api/networks/{opened['name']}/open", data={"a": "b"}).status_code == 404
    answer = client.post(f"/api/networks/{name}/open", data={"job": name})
    assert "send the inputs anew" in answer.json()["message"]
    answer = client.post(f"/api/networks/{name}/open", data={"depth": "99"})
    assert answer.json()["code"] == "option.range"
