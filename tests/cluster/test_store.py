"""`neuropil map` over a store like S3: in parts, whole or not at all, while it fails at times."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from map_runs import BUCKET, Map, contents, draw_pictures, read_manifest, store_settings

from neuropil.surfaces.cluster.addresses import fetch, list_files, send

FAILS, HANGS_UP = 4, 7  # of so many requests one is answered by an error, or not at all


def upload(store: Any, folder: Path, prefix: str) -> None:
    for file in folder.iterdir():
        store.put(f"{prefix}/{file.name}", file)


def keys(store: Any, prefix: str) -> list[str]:
    return sorted(each["path"] for page in store.list(prefix) for each in page)


def content(store: Any, key: str) -> bytes:
    return bytes(store.get(key).bytes())


@contextmanager
def faulty(behind: str) -> Iterator[tuple[str, list[str]]]:
    """Put a server before a store that fails now and then, and lists what was asked for."""
    asked: list[str] = []
    numbers = count(1)

    class Faulty(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            number = next(numbers)
            asked.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if number % HANGS_UP == 0:
                self.close_connection = True
                return
            if number % FAILS == 0:
                self.answer(503, {}, b"")
                return
            connection = HTTPConnection(urlsplit(behind).netloc)
            connection.request(self.command, self.path, body, dict(self.headers))
            found = connection.getresponse()
            self.answer(found.status, dict(found.headers), found.read())
            connection.close()

        def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            length = headers.pop("Content-Length", len(body))
            self.send_response(status)
            for name in headers.keys() - {"Connection", "Transfer-Encoding", "Server", "Date"}:
                self.send_header(name, headers[name])
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward

    server = ThreadingHTTPServer(("127.0.0.1", 0), Faulty)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_a_run_from_store_to_store(tmp_path: Path, store: Any, moto: str, start_map: Map) -> None:
    album = draw_pictures(tmp_path / "album", 24)
    plain = start_map("colorize", album, "-o", tmp_path / "plain", "--workers", 1)
    assert plain.wait() == 0
    upload(store, album, "album/1925")
    store.put("album/bad.png", b"no picture")
    words = ("colorize", f"s3://{BUCKET}/album", "-o", f"s3://{BUCKET}/new", "--workers", 2)
    with faulty(moto) as (address, asked):
        process = start_map(*words, **store_settings(address))
        printed, said = process.communicate()
    assert process.returncode == 2, said
    assert printed == f"s3://{BUCKET}/new/manifest\n"
    made = {key.rpartition("/")[2]: content(store, key) for key in keys(store, "new/1925")}
    assert made == contents(tmp_path / "plain")
    parts = [content(store, key).decode() for key in keys(store, "new/manifest")]
    lines = read_manifest("".join(parts).splitlines())
    assert len(lines) == 25
    failed = {name for name, line in lines.items() if line["error"]}
    assert failed == {"bad.png"}
    assert f"s3://{BUCKET}/album/bad.png" in lines["bad.png"]["error"]["message"]
    assert len(asked) > 50

    store.put("album/bad.png", (album / "0000.png"))  # mended
    resumed = start_map(*words, "--resume", **store_settings(moto))
    _, said = resumed.communicate()
    assert resumed.returncode == 0, said
    assert "1 done" in said
    assert "24 were done before" in said
    assert content(store, "new/bad-colorize.png")


def test_large_files_go_in_parts(tmp_path: Path, store: Any, moto: str) -> None:
    """Over a store that fails now and then all bytes arrive, and nothing is there before."""
    large = tmp_path / "large.mp4"
    large.write_bytes(bytes(range(256)) * 4096 * 24)  # 25 MB
    with faulty(moto) as (address, asked):
        from obstore.store import from_url

        through: Any = from_url(f"s3://{BUCKET}", endpoint=address)
        through.put("films/large.mp4", large)
    assert sum("uploadId" in request for request in asked) > 3
    assert content(store, "films/large.mp4") == large.read_bytes()


def test_files_come_and_go(tmp_path: Path, store: Any) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(b"0123456789" * 1_200_000)
    send(large, f"s3://{BUCKET}/new/large.bin")
    assert list(list_files(f"s3://{BUCKET}/new")) == [f"s3://{BUCKET}/new/large.bin"]
    (tmp_path / "copies").mkdir()
    copy = fetch(f"s3://{BUCKET}/new/large.bin", tmp_path / "copies")
    assert copy.read_bytes() == large.read_bytes()


def test_addresses_of_this_machine_are_paths(tmp_path: Path, start_map: Map) -> None:
    album = draw_pictures(tmp_path / "album", 2)
    process = start_map("classify", f"file://{album}", "-o", f"file://{tmp_path}/new")
    assert process.wait() == 0
    lines = (tmp_path / "new" / "manifest.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["input"] for line in lines[1:]} == {
        str(album / "0000.png"),
        str(album / "0001.png"),
    }
