"""The database is away for a while: every interface says so, and that asking again helps; nobody is told of a fault."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

from structlog.testing import capture_logs

from guerdon.database.address import Address
from tests.shop import open_shop


class Way:
    """A way to a PostgreSQL through a socket of its own, which can be cut."""

    def __init__(self, folder: str, address: Address) -> None:
        self.address = replace(address, host=folder)
        self._ends = f"{folder}/.s.PGSQL.{address.port}", f"{address.host}/.s.PGSQL.{address.port}"
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._connected, self._ends[0])

    def cut(self) -> None:
        """Whoever is connected is cut off, and nobody can connect: the socket is there, and nobody listens at it."""
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._ends[1])
        self._open |= {writer, back}
        await asyncio.gather(_carry(reader, back), _carry(there, writer))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while said := await reader.read(1 << 16):
            writer.write(said)
            await writer.drain()
    except ConnectionError:
        return
    finally:
        writer.close()


@asynccontextmanager
async def way_to(address: Address) -> AsyncGenerator[Way]:
    with TemporaryDirectory(prefix="guerdon-way-") as folder:
        way = Way(folder, address)
        await way.open()
        yield way
        way.cut()


async def test_every_interface_tells_of_an_outage_and_goes_on_after_it(address: Address):
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/api/v2/customers?customer_email=ana@example.com", {}),
        ("GET", "/api/v2/redemption_options", {}),
        ("POST", "/api/v2/redemptions", {"customer_email": "ana@example.com", "redemption_option_id": 1}),
        ("GET", "/v1/members", {}),
        ("GET", "/v1/redemption_rules", {}),
    ]
    async with way_to(address) as way, open_shop(way.address.dsn) as shop:
        await shop.member("ana@example.com", 100)
        bearer = {"authorization": f"Bearer {shop.api_key}"}
        # Known keys are not looked up for a while: nobody here is known yet when the database goes.
        way.cut()
        with capture_logs() as said:
            for method, path, body in asked:
                headers = bearer if path.startswith("/v1") else {}
                answer = await shop.http.request(method, path, json=body or None, headers=headers)
                assert answer.status_code == 503, (path, answer.text)
                assert int(answer.headers["retry-after"]) > 0
                assert "The database does not answer" in answer.text
        assert {line["event"] for line in said} == {"database_lost"}
        await way.open()
        customer = await shop.http.get("/api/v2/customers", params={"customer_email": "ana@example.com"})
        assert customer.json()["points_balance"] == 100
