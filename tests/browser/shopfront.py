"""A shop on an origin of its own, with pages that embed Guerdon's elements under the strictest policy there is."""

import html
import http.server
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from guerdon.client import customer_token
from guerdon.kit.clock import machine_clock

STYLES = """
:root { color-scheme: light dark; font: 16px/1.5 "Liberation Sans", sans-serif; }
body { margin: 0 auto; max-width: 56rem; padding: 1rem; }
@media (prefers-color-scheme: dark) { :root { background: #15181c; color: #eceff2; } }
.branded guerdon-rewards { --guerdon-accent: #8a1538; --guerdon-radius: 0; }
.branded guerdon-rewards::part(points) { font-style: italic; }
"""
PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shop</title><link rel="stylesheet" href="/shop.css">
<script type="module" src="{points}/widget/v1/guerdon-rewards.js"></script></head>
<body class="{body}"><main><h1>Shop</h1>
<p>$49.90 <guerdon-earns key="{key}" amount-minor="4990" currency="USD"></guerdon-earns></p>
<guerdon-rewards key="{key}" {attributes}></guerdon-rewards></main></body></html>
"""


@dataclass
class Shopfront:
    """The shop, and what its server signs with."""

    points: str
    guid: str
    key: str
    secret: str
    port: int = 0
    signed: list[str] = field(default_factory=list[str])
    """For whom its server was asked to sign, in order."""

    @property
    def url(self) -> str:
        """Its origin, which is not that of the server."""
        return f"http://localhost:{self.port}"

    def account(self, who: str = "", **more: str) -> str:
        """The address of the page with somebody's points."""
        return f"{self.url}/account?{urlencode({'who': who, **more})}"

    def token(self, who: str, *, at: datetime | None = None) -> str:
        """What the shop's server signs for a customer."""
        return customer_token(self.secret, guid=self.guid, subject=f"email:{who}", now=at or machine_clock())

    def page(self, asked: Mapping[str, str]) -> str:
        """The page: `who` is signed in, with an old token where `old` says so."""
        attributes = {"token-url": f"/token?{urlencode({'who': asked.get('who', '')})}"}
        if "old" in asked:
            attributes["token"] = self.token(asked["who"], at=machine_clock() - timedelta(hours=2))
        if asked.get("old") == "for good":
            del attributes["token-url"]
        for name in ("sections", "theme", "capture"):
            if name in asked:
                attributes[name] = asked[name]
        written = " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items())
        return PAGE.format(
            lang=asked.get("lang", "en"), points=self.points, key=self.key, attributes=written,
            body=asked.get("body", ""),
        )  # fmt: skip

    def policy(self) -> str:
        """Nothing inline, nothing from elsewhere but the one file and its server, and nothing made of text."""
        return (
            f"default-src 'none'; script-src {self.points}; style-src 'self'; connect-src 'self' {self.points}; "
            "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )


@contextmanager
def opened(shop: Shopfront) -> Generator[Shopfront]:
    """The shop, for as long as it is open."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = dict(parse_qsl(address.query))
            match address.path:
                case "/account":
                    self._send("text/html; charset=utf-8", shop.page(asked))
                case "/token" if asked.get("who"):
                    shop.signed.append(asked["who"])
                    self._send("application/json", f'{{"token": "{shop.token(asked["who"])}"}}')
                case "/token":
                    self.send_response(204)
                    self.end_headers()
                case "/shop.css":
                    self._send("text/css", STYLES)
                case _:
                    self.send_response(204)
                    self.end_headers()

        def _send(self, kind: str, text: str) -> None:
            content = text.encode()
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.send_header("content-security-policy", shop.policy())
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the base class's
            """Tests say what went wrong."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        shop.port = server.server_port
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield shop
        finally:
            server.shutdown()
            serving.join()
