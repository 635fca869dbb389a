"""Requests that we make to addresses which others have given us: webhooks, a merchant's own coupon codes.

Whoever may name an address could name one behind our own firewall. So the address that a socket is about to connect to
is looked at, whatever name led there and however often that name has changed its mind; redirects are not followed,
proxies and cookies are not used, and nobody can keep us waiting or fill our memory.
"""

import socket
import time
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

import aiohttp
from yarl import URL

Reason = Literal["private_address", "bad_url", "timeout", "connection", "too_large"]

SENT_BYTES_MAX = 1_000_000
READ_BYTES_MAX = 16_384
URL_LENGTH_MAX = 2048

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The part of IPv6 that is given out; what is not is nobody's to be asked at."""
NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses of IPv4 as IPv6 alone reaches them, in their last 32 bits."""


class OutboundFailed(Exception):
    """There is no answer. `reason` is stable; `detail` is for people.

    private_address  the name leads to a private, loopback, link-local or reserved address
    bad_url          nothing that can be asked: not http or https, no host, a password in it, too long
    timeout          no whole answer in time
    connection       refused, cut off, no such name, a certificate that does not prove who answers, or no HTTP
    too_large        our own body is over SENT_BYTES_MAX
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


class Reply(NamedTuple):
    """What was answered. Header names are in lower case; of the body, the first READ_BYTES_MAX bytes."""

    status: int
    headers: dict[str, str]
    body: bytes
    took_ms: int


class PrivateAddress(OSError):
    """A socket was about to be opened to where we do not go."""


def is_public(host: str) -> bool:
    """Whether an address, as digits, is one that everybody in the internet may ask. A scope belongs to a link."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return _is_public(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not address.is_reserved
    if embedded := _embedded(address):
        return _is_public(embedded)
    return address in GLOBAL_UNICAST and address.is_global and not address.is_multicast


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The address of IPv4 that a router makes of it: mapped, 6to4 or NAT64."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


@lru_cache(maxsize=1024)
def check_url(url: str, *, allow_private: bool = False) -> URL:
    """The URL, if it is one that we would ask; raises OutboundFailed: bad_url, or private_address for one in digits.

    What a name leads to is seen when a request is made, each time.
    """
    if len(url) > URL_LENGTH_MAX:
        raise OutboundFailed("bad_url", f"it is longer than {URL_LENGTH_MAX} characters")
    if not url.isprintable() or " " in url:
        raise OutboundFailed("bad_url", "it holds characters that no URL has")
    try:
        parsed = URL(url)
    except ValueError as error:
        raise OutboundFailed("bad_url", str(error)) from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise OutboundFailed("bad_url", "one that begins with https:// and names a host is needed")
    if parsed.user is not None or parsed.password is not None:
        raise OutboundFailed("bad_url", "it may not hold a user name or a password")
    if not allow_private and _is_digits(parsed.host) and not is_public(parsed.host):
        raise OutboundFailed("private_address", f"{parsed.host} is not an address in the internet")
    return parsed


def _is_digits(host: str) -> bool:
    """Whether a host is an address rather than a name. Browsers read 127.1 and 2130706433 as addresses too."""
    return ":" in host or host.replace(".", "").isdigit()


def _open_public(info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
    """A socket for this address, and the one place that says no: it knows what will be connected to."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PrivateAddress(f"{address[0]} is not an address in the internet")
    return socket.socket(family, kind, protocol)


class Outbound:
    """Asks, over connections that are kept open for the next request to the same host."""

    def __init__(self, session: aiohttp.ClientSession, *, allow_private: bool) -> None:
        self._session = session
        self.allow_private = allow_private

    @classmethod
    async def open(cls, *, allow_private: bool, connections_max: int = 200, per_host_max: int = 16) -> Self:
        """With `allow_private`, addresses of the own network may be asked too: for tests, and where the shop is beside
        us. Requests beyond so many connections, in all and to one host, wait within their time-out.
        """
        connector = aiohttp.TCPConnector(
            limit=connections_max,
            limit_per_host=per_host_max,
            socket_factory=None if allow_private else _open_public,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("Accept", "User-Agent"),
            headers={"Accept-Encoding": "identity"},
        )
        return cls(session, allow_private=allow_private)

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> Reply:
        """Post a body and read the answer, whatever its status. Raises OutboundFailed. `timeout_s` is for all of it."""
        if len(body) > SENT_BYTES_MAX:
            raise OutboundFailed("too_large", f"a body of {len(body)} bytes is over {SENT_BYTES_MAX}")
        parsed = check_url(url, allow_private=self.allow_private)
        started = time.perf_counter_ns()
        try:
            async with self._session.post(
                parsed,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=_total(timeout_s),
            ) as response:
                content = await _first_bytes(response.content)
                took_ms = (time.perf_counter_ns() - started) // 1_000_000
                answered = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status, answered, content, took_ms)
        except TimeoutError as error:
            raise OutboundFailed("timeout", f"no whole answer within {timeout_s:g} s") from error
        except aiohttp.InvalidURL as error:
            raise OutboundFailed("bad_url", str(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, PrivateAddress):
                raise OutboundFailed("private_address", str(error.os_error)) from error
            raise OutboundFailed("connection", str(error) or type(error).__name__) from error


@lru_cache(maxsize=16)
def _total(timeout_s: float) -> aiohttp.ClientTimeout:
    """For everything together."""
    return aiohttp.ClientTimeout(total=timeout_s)


async def _first_bytes(content: aiohttp.StreamReader) -> bytes:
    """What fits. The connection of an answer that goes on is closed, not read to its end."""
    read = b""
    while len(read) < READ_BYTES_MAX and (more := await content.read(READ_BYTES_MAX - len(read))):
        read += more
    return read
