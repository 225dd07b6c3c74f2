"""The studio started: where it may listen, and the command that starts it."""

import socket
import sys

import pytest
from refusals import refused

pytest.importorskip("fastapi")

from neuropil.kit.errors import UserError
from neuropil.surfaces.cli import main as cli
from neuropil.surfaces.web import serve


def test_others_need_a_token() -> None:
    assert serve.make_policy("127.0.0.1", None).token is None
    with refused("option.missing", "--host 0.0.0.0", "--token"):
        serve.make_policy("0.0.0.0", None)
    policy = serve.make_policy("192.0.2.7", "word")
    assert policy.token == "word"
    assert policy.hosts is not None
    assert "192.0.2.7" in policy.hosts


def test_a_free_port_is_found() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is taken, .*--port"):
            serve.find_port("127.0.0.1", port)
    assert serve.find_port("127.0.0.1", port) == port
    assert serve.find_port("127.0.0.1", None) >= serve.FIRST_PORT


def test_the_extra_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "neuropil.surfaces.web.serve")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert cli.run(["serve"]) == 2
    assert "[studio]" in capsys.readouterr().err
