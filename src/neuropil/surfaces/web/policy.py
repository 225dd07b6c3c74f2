"""Who may ask for what: hosts, origins, a token, and how much may be sent.

Each request is held to it before anything else sees it. A page of another site can send requests to
127.0.0.1 too, and a name can be made to lead there: so Host must be ours, and so must Origin.
"""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
COOKIE = "neuropil-token"
SAFE = frozenset({"GET", "HEAD"})
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
        " media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True)
class Policy:
    """What is allowed.

    hosts: names that a Host may have, without port; None for any, where a token is asked for
    token: what each request must bring, where others than this machine can ask; None on loopback
    most_bytes: of one request
    """

    hosts: tuple[str, ...] | None = LOOPBACK
    token: str | None = None
    most_bytes: int = 1_000_000_000
    most_files: int = 2_000
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))


class RefusedError(Exception):
    """A request that is not allowed: a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Guard:
    """Holds every request to a policy, and sends safe headers with every answer."""

    def __init__(self, app: AsgiApp, policy: Policy) -> None:
        self.app, self.policy = app, policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        sent = with_headers(send, self.policy, scope)
        try:
            check_request(scope, headers, self.policy)
        except RefusedError as error:
            await answer(sent, error.status, error.sentence)
            return
        await self.app(scope, count_bytes(receive, self.policy.most_bytes), sent)


def check_request(scope: Scope, headers: MutableMapping[str, str], policy: Policy) -> None:
    """Raise RefusedError for a request that is not allowed."""
    host = headers.get("host", "")
    if policy.hosts is not None and without_port(host) not in policy.hosts:
        raise RefusedError(421, f"this studio is not called {without_port(host)!r}")
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site", "same-origin")
    schemes = (scope.get("scheme", "http"), *(("https",) if policy.hosts is None else ()))
    is_ours = origin is None or origin in {f"{scheme}://{host}" for scheme in schemes}
    if not is_ours or (scope["method"] not in SAFE and site not in ("same-origin", "none")):
        raise RefusedError(403, "requests of other pages are not answered")
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > policy.most_bytes:
        raise RefusedError(
            413, f"more than {policy.most_bytes // 1_000_000} MB are not taken at once"
        )
    if policy.token and not has_token(scope, headers, policy.token):
        raise RefusedError(401, "this studio asks for its token: open the address that it printed")


def without_port(host: str) -> str:
    """Leave out the port of a Host."""
    name, _, port = host.rpartition(":")
    return name if port.isdigit() and name else host


def has_token(scope: Scope, headers: MutableMapping[str, str], token: str) -> bool:
    """Tell whether a request brings the token: in its address, a cookie, or as a bearer."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    cookies = SimpleCookie(headers.get("cookie", ""))
    given = [
        *query.get("token", []),
        *([cookies[COOKIE].value] if COOKIE in cookies else []),
        headers.get("authorization", "").removeprefix("Bearer "),
    ]
    return any(hmac.compare_digest(each.encode(), token.encode()) for each in given)


def with_headers(send: Send, policy: Policy, scope: Scope) -> Send:
    """Add safe headers to an answer, and the cookie where the address brought the token."""
    extra = [(name.encode(), value.encode()) for name, value in policy.headers.items()]
    if policy.token and b"token=" in scope.get("query_string", b""):
        cookie = f"{COOKIE}={policy.token}; HttpOnly; SameSite=Strict; Path=/"
        extra.append((b"set-cookie", cookie.encode()))

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = message.get("headers", [])
            named = {name for name, _ in own}  # what an answer says of itself, holds
            message["headers"] = [*own, *(each for each in extra if each[0] not in named)]
        await send(message)

    return sent


def count_bytes(receive: Receive, most: int) -> Receive:
    """Refuse a body that is longer than it may be, whatever its headers say."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > most:
            raise RefusedError(413, f"more than {most // 1_000_000} MB are not taken at once")
        return message

    return counted


async def answer(send: Send, status: int, sentence: str) -> None:
    """Answer with a sentence."""
    body = sentence.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
