"""Redemptions under load while something is killed: what was answered is there, and nothing is there twice."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest

from guerdon.database.pool import Database
from tests.cli.terminal import GRACE_S, Running, Terminal, alive, eventually, free_port, on_data

CUSTOMERS = 8
REDEMPTIONS = 16
"""So many for each customer, one after the other."""
COST = 100
POINTS = CUSTOMERS * REDEMPTIONS * COST
STRIKE_AFTER = 30
"""So many answers, then something is killed: in the middle of the load."""

SQL = "SELECT code FROM coupon JOIN redemption USING (merchant_id, redemption_id, code) WHERE redemption.rule_id = $1"


def kill_a_worker(server: Running) -> None:
    """The parent replaces it."""
    server.workers()[0].kill()


def kill_postgres(server: Running) -> None:
    """The parent starts it again, with new workers."""
    server.postgres().kill()


def kill_everything(server: Running) -> None:
    """Parent, workers and database, all at once."""
    # Stopped first, so that it starts nobody in the place of one who is killed.
    server.process.send_signal(signal.SIGSTOP)
    family = server.family()
    for process in family:
        with suppress(psutil.NoSuchProcess):  # those of the database end with it
            process.kill()
    server.process.kill()
    server.process.wait(GRACE_S)
    eventually("the next can have the port", lambda: not alive(family))


def ask_to_stop(server: Running) -> None:
    """Those who are in line are answered first."""
    server.process.terminate()
    assert server.process.wait(GRACE_S) == 0


class Shoppers:
    """Customers who redeem one after the other, each with a key that they ask again with until they are answered."""

    def __init__(self, url: str, headers: dict[str, str], rule_id: int) -> None:
        self._url = url
        self._headers = headers
        self._rule_id = rule_id
        self._run = uuid4().hex
        self._in_the_middle = asyncio.Event()
        self.codes: dict[str, list[str]] = {}
        """Every code that was ever answered to a key."""

    async def prepare(self) -> None:
        """Everyone joins and is given points."""
        async with self._client() as client:
            for number in range(CUSTOMERS):
                (await client.post("/api/v2/customers", json={"email": self._email(number)})).raise_for_status()
                given = {"customer_email": self._email(number), "point_adjustment_amount": POINTS}
                (await client.post("/api/v2/points/adjust", json=given)).raise_for_status()

    async def redeem(self, strike: Callable[[], None]) -> None:
        """Redeem everything; in the middle, something happens to the server."""
        async with self._client() as client, asyncio.TaskGroup() as group:
            for number in range(CUSTOMERS):
                group.create_task(self._redeem_all(client, number))
            await self._in_the_middle.wait()
            await asyncio.to_thread(strike)

    async def ask_again(self) -> None:
        """Every key once more: the answers are the same."""
        async with self._client() as client, asyncio.TaskGroup() as group:
            for number in range(CUSTOMERS):
                group.create_task(self._redeem_all(client, number))

    async def balances(self) -> set[int]:
        """What the customers have now."""
        async with self._client() as client:
            answers = [
                await client.get("/api/v2/customers", params={"customer_email": self._email(number)})
                for number in range(CUSTOMERS)
            ]
        return {answer.json()["points_balance"] for answer in answers}

    async def _redeem_all(self, client: httpx.AsyncClient, number: int) -> None:
        for turn in range(REDEMPTIONS):
            key = f"{self._run}-{number}-{turn}"
            self.codes.setdefault(key, []).append(await self._redeem_one(client, number, key))
            if len(self.codes) == STRIKE_AFTER:
                self._in_the_middle.set()

    async def _redeem_one(self, client: httpx.AsyncClient, number: int, key: str) -> str:
        body = {"customer_email": self._email(number), "redemption_option_id": self._rule_id}
        async with asyncio.timeout(GRACE_S):
            while True:
                try:
                    answer = await client.post("/api/v2/redemptions", json=body, headers={"Idempotency-Key": key})
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                if answer.status_code == 200:
                    return answer.json()["code"]
                assert answer.status_code in (409, 503), answer.text
                await asyncio.sleep(0.05)

    def _email(self, number: int) -> str:
        return f"shopper.{self._run}.{number}@example.com"

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._url, headers=self._headers, timeout=30)


@pytest.fixture(scope="module")
def data_dir(run_folder: Path) -> Iterator[Path]:
    """A data directory of these tests' own."""
    folder = Path(mkdtemp(prefix="crash-", dir=run_folder))
    folder.chmod(0o711)
    yield folder / "data"
    rmtree(folder)


class Premises:
    """A server that is always there again: what ends has a successor at its address."""

    def __init__(self, data_dir: Path) -> None:
        self.terminal = Terminal(data_dir=data_dir)
        self.acme: dict[str, Any] = self.terminal.json("merchant", "create", "--name", "Acme")
        """A merchant there, as the command told of it."""
        self.server = self.terminal.start("serve", "--port", str(free_port()), "--workers", "2")
        self.url = self.server.url()

    def suffer(self, strike: Callable[[Running], None]) -> None:
        """Have something happen to the server, and see to it that somebody serves."""
        strike(self.server)
        if self.server.process.poll() is not None:
            self.close()
            port = self.url.rpartition(":")[2]
            self.server = self.terminal.start("serve", "--port", port, "--workers", "2")

    def close(self) -> None:
        """End whoever serves."""
        with self.server:
            pass


@pytest.fixture(scope="module")
def premises(data_dir: Path) -> Iterator[Premises]:
    """One server for all strikes: whoever was struck before has to stand the next."""
    opened = Premises(data_dir)
    yield opened
    opened.close()


@pytest.mark.parametrize("strike", [kill_a_worker, kill_postgres, kill_everything, ask_to_stop])
def test_nothing_answered_is_lost_and_nothing_happens_twice(
    data_dir: Path, premises: Premises, strike: Callable[[Running], None]
):
    terminal, acme = premises.terminal, premises.acme
    terms = f'{{"points": {COST}, "amount_minor": 100, "currency": "USD", "pricing": "fixed"}}'
    rule_id: int = terminal.json("rule", "create", "--merchant", str(acme["id"]), text=terms)["id"]
    shoppers = Shoppers(premises.url, {"x-guid": acme["guid"], "x-api-key": acme["api_key"]}, rule_id)
    asyncio.run(shoppers.prepare())
    asyncio.run(shoppers.redeem(lambda: premises.suffer(strike)))
    asyncio.run(shoppers.ask_again())
    assert asyncio.run(shoppers.balances()) == {POINTS - REDEMPTIONS * COST}
    stored = on_data(data_dir, lambda database: _codes(database, rule_id))
    assert terminal.json("verify")["ok"] is True
    assert all(len(set(codes)) == 1 for codes in shoppers.codes.values())
    answered = [codes[0] for codes in shoppers.codes.values()]
    assert len(answered) == CUSTOMERS * REDEMPTIONS
    assert sorted(answered) == sorted(stored)


async def _codes(database: Database, rule_id: int) -> list[str]:
    return [row[0] for row in await database.fetch(SQL, rule_id)]
