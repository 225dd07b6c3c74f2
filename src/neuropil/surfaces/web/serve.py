"""The studio started: a free port on this machine, worker processes, and a page.

neuropil serve --port 8765
"""

import socket
import webbrowser
from collections.abc import Callable
from urllib.parse import quote

import uvicorn

from neuropil.kit.cpu import cores
from neuropil.kit.errors import UserError
from neuropil.surfaces.web.api import create_app
from neuropil.surfaces.web.policy import LOOPBACK, Policy
from neuropil.surfaces.web.pool import Pool
from neuropil.surfaces.web.store import ResultStore

FIRST_PORT, PORTS = 8765, 20
MOST_BYTES, MOST_SECONDS = 4_000_000_000, 3600.0  # of results that are kept


def serve(
    host: str, port: int | None, token: str | None, say: Callable[[str], None], *, browse: bool
) -> None:
    """Serve the studio until it is stopped; raises UserError where it can't begin."""
    policy = make_policy(host, token)
    found = find_port(host, port)
    address = word_address(host, found, token)
    pool = Pool(workers=cores())
    store = ResultStore(most_bytes=MOST_BYTES, most_seconds=MOST_SECONDS)
    say(f"the studio is at {address} (Ctrl-C ends it)")
    if browse:
        webbrowser.open(address)
    try:
        app = create_app(pool, store, policy)
        uvicorn.run(app, host=host, port=found, log_level="warning", access_log=False)
    finally:
        pool.close()
        store.close()


def word_address(host: str, port: int, token: str | None) -> str:
    """Word the address at which the page is found."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/" + (f"?token={quote(token, safe='')}" if token else "")


def make_policy(host: str, token: str | None) -> Policy:
    """Choose what is allowed; raises UserError for a studio that everybody could use."""
    if host in ("127.0.0.1", "localhost", "::1"):
        return Policy(token=token)
    if not token:
        words = f"--host {host}: others could use this machine; add --token, a word of your own"
        raise UserError("option.missing", words, name="token")
    return Policy(hosts=(*LOOPBACK, host, socket.gethostname()), token=token)


def find_port(host: str, port: int | None) -> int:
    """Find a port that is free: the one that was asked for, or one of a few."""
    wanted = range(FIRST_PORT, FIRST_PORT + PORTS) if port is None else (port,)
    for each in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((host, each))
            except OSError:
                continue
            return each
    ports = f"port {wanted[0]}" if len(wanted) == 1 else f"no port of {wanted[0]} to {wanted[-1]}"
    able = "is taken, or can't be opened" if len(wanted) == 1 else "can be opened"
    words = f"{ports} {able} on {host}; name another by --port"
    raise UserError("option.range", words, name="port", low=wanted[0], high=wanted[-1])
