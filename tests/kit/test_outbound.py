"""Requests to addresses that others have given us: nowhere but into the internet, and nothing that lasts."""

import asyncio
import gzip
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis.strategies import ip_addresses

from guerdon.kit.outbound import READ_BYTES_MAX, SENT_BYTES_MAX, Outbound, OutboundFailed, check_url, is_public

PRIVATE = (
    "127.0.0.1", "127.8.9.10", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "255.255.255.255", "224.0.0.1", "240.0.0.1", "198.18.0.1", "192.0.2.1", "::", "::1", "::127.0.0.1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "4000::1", "localhost", "", "127.1", "0x7f000001", "2130706433",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::")


@pytest.mark.parametrize("host", PRIVATE)
def test_an_address_that_not_everybody_may_ask_is_not_public(host: str):
    assert not is_public(host)


@pytest.mark.parametrize("host", PUBLIC)
def test_an_address_in_the_internet_is_public(host: str):
    assert is_public(host)


@given(ip_addresses(v=4))
@example(IPv4Address("127.0.0.1"))
def test_an_address_of_ipv4_is_no_more_public_for_being_written_in_ipv6(address: IPv4Address):
    mapped = IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)
    translated = IPv6Address(b"\0\x64\xff\x9b" + b"\0" * 8 + address.packed)
    tunnelled = IPv6Address(b"\x20\x02" + address.packed + b"\0" * 10)
    assert {is_public(str(one)) for one in (mapped, translated, tunnelled)} == {is_public(str(address))}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/", "bad_url"), ("file:///etc/passwd", "bad_url"), ("gopher://example.com", "bad_url"),
        ("https://", "bad_url"), ("example.com", "bad_url"), ("https://user:secret@example.com/", "bad_url"),
        ("https://example.com:99999/", "bad_url"), ("https://example.com/" + "x" * 2048, "bad_url"),
        ("https://example.com/\r\nX-Evil: 1", "bad_url"), ("https://exa mple.com/", "bad_url"),
        ("https://[::1]/", "private_address"), ("http://127.0.0.1:8080/", "private_address"),
        ("http://127.1/", "private_address"), ("http://2130706433/", "private_address"),
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
    ],
)  # fmt: skip
def test_a_url_is_refused_before_anybody_is_asked(url: str, reason: str):
    with pytest.raises(OutboundFailed) as failed:
        check_url(url)
    assert failed.value.reason == reason


def test_a_url_of_the_internet_is_taken_as_it_is():
    assert str(check_url("https://example.com:8443/hooks?a=1")) == "https://example.com:8443/hooks?a=1"
    assert str(check_url("http://[::1]:8080/", allow_private=True)) == "http://[::1]:8080/"


@dataclass
class Receiver:
    """A server that answers every request with the same bytes, and remembers what it was sent."""

    answer: bytes
    port: int = 0
    pause_s: float = 0
    requests: list[bytes] = field(default_factory=list[bytes])
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or b"0")
                self.requests.append(head + await reader.readexactly(length))
                for start in range(0, len(self.answer), 1 if self.pause_s else len(self.answer)):
                    writer.write(self.answer[start : start + 1] if self.pause_s else self.answer)
                    await writer.drain()
                    await asyncio.sleep(self.pause_s)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def url(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/hook"


@asynccontextmanager
async def receiving(answer: bytes, *, pause_s: float = 0) -> AsyncGenerator[Receiver]:
    receiver = Receiver(answer, pause_s=pause_s)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


def answer(status: str = "200 OK", body: bytes = b"", *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


async def post(url: str, *, allow_private: bool = True, body: bytes = b"{}", timeout_s: float = 60) -> Any:
    """One request; its answer, or why there is none."""
    async with await Outbound.open(allow_private=allow_private) as outbound:
        try:
            return await outbound.post(url, body, {"X-Of-Ours": "1"}, timeout_s=timeout_s)
        except OutboundFailed as failed:
            return failed.reason


async def test_a_body_is_posted_and_answered():
    async with receiving(answer("201 Created", b"thanks", "Retry-After: 7")) as receiver:
        reply = await post(receiver.url(), body=b'{"a": 1}')
    assert (reply.status, reply.body, reply.headers["retry-after"]) == (201, b"thanks", "7")
    assert 0 <= reply.took_ms < 60_000
    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook HTTP/1.1\r\n")
    assert b"\r\nx-of-ours: 1" in head.lower()
    assert body == b'{"a": 1}'


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_nobody_is_asked_at_home_unless_a_setting_allows_it(host: str):
    async with receiving(answer()) as receiver:
        assert await post(receiver.url(host), allow_private=False) == "private_address"
        assert receiver.connections == 0
        assert (await post(receiver.url("127.0.0.1"))).status == 200


async def test_a_name_that_has_changed_its_mind_is_seen_through(monkeypatch: pytest.MonkeyPatch):
    """What counts is the address of the socket, whatever the name said before."""
    async with receiving(answer()) as receiver:
        loop = asyncio.get_running_loop()
        asked: list[str] = []

        async def rebound(host: str, port: int, **_: Any) -> list[Any]:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(loop, "getaddrinfo", rebound)
        assert await post(receiver.url("shop.example"), allow_private=False) == "private_address"
        assert asked == ["shop.example"]
        assert receiver.connections == 0


async def test_a_redirect_is_an_answer_and_not_a_way():
    async with receiving(answer()) as elsewhere:
        async with receiving(answer("302 Found", b"", f"Location: {elsewhere.url()}")) as receiver:
            assert (await post(receiver.url())).status == 302
        assert elsewhere.connections == 0


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch):
    async with receiving(answer("418 Proxy")) as proxy, receiving(answer()) as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await post(receiver.url())).status == 200
        assert proxy.connections == 0


async def test_a_connection_is_kept_and_a_cookie_is_not():
    async with (
        receiving(answer("200 OK", b"", "Set-Cookie: who=you; Path=/")) as receiver,
        await Outbound.open(allow_private=True) as outbound,
    ):
        for _ in range(3):
            await outbound.post(receiver.url("localhost"), b"{}", {}, timeout_s=60)
    assert receiver.connections == 1
    assert not any(b"cookie" in request.lower() for request in receiver.requests)


async def test_no_more_of_an_answer_is_read_than_is_kept():
    async with receiving(answer("200 OK", b"x" * 10_000_000)) as receiver:
        assert len((await post(receiver.url())).body) == READ_BYTES_MAX
    packed = gzip.compress(b"0" * 10_000_000)
    async with receiving(answer("200 OK", packed, "Content-Encoding: gzip")) as receiver:
        assert (await post(receiver.url())).body == packed[:READ_BYTES_MAX], "a bomb stays packed"
        assert b"accept-encoding: identity" in receiver.requests[0].lower()


async def test_a_body_of_ours_that_is_too_large_is_not_sent():
    async with receiving(answer()) as receiver:
        assert await post(receiver.url(), body=b"x" * (SENT_BYTES_MAX + 1)) == "too_large"
        assert receiver.connections == 0


async def test_the_time_is_for_the_whole_answer():
    async with receiving(answer("200 OK", b"drop by drop"), pause_s=0.05) as receiver:
        assert await post(receiver.url(), timeout_s=0.2) == "timeout"


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"])
async def test_what_is_no_answer_is_no_connection(said: bytes):
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert await post(f"http://127.0.0.1:{port}/") == "connection"
        # TLS is not spoken there either.
        assert await post(f"https://127.0.0.1:{port}/") == "connection"
    assert await post(f"http://127.0.0.1:{port}/") == "connection", "nobody listens any more"
