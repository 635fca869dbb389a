"""What the client does without a server."""

import subprocess
import sys
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from guerdon.access.tokens import read_token
from guerdon.client import BadSignature, Guerdon, customer_token, members, verify
from guerdon.kit.clock import machine_clock
from guerdon.webhooks.signing import new_secret, signed_headers

ANA = "ana@example.com"


def test_ids_stay_where_they_were_put():
    assert members.fetch("../keys?x=1#y").target == "/v1/members/..%2Fkeys%3Fx%3D1%23y"
    assert members.find(updated_since=datetime(2026, 3, 1, tzinfo=UTC)).page().target == (
        "/v1/members?limit=100&updated_since=2026-03-01T00%3A00%3A00%2B00%3A00"
    )


def test_a_message_is_checked_by_who_receives_it():
    secret, body = new_secret(), b'{"type":"redemption.created"}'
    headers = signed_headers([secret], "msg_1", machine_clock(), body)
    verify(secret, headers, body)
    with pytest.raises(BadSignature):
        verify(secret, headers, body + b" ")


def test_a_token_says_who_the_customer_is():
    guid, now = uuid4(), machine_clock()
    token = customer_token("s" * 32, guid=guid, subject=f"email:{ANA}", now=now)
    assert read_token(token, ["s" * 32], guid=guid, now=now).value == ANA


def test_an_address_that_is_none_is_not_tried_for_long():
    with Guerdon("gopher://shop", "gk_1") as guerdon, pytest.raises(ValueError, match="gopher"):
        guerdon.ask(members.fetch("mem_1"))


def test_the_client_needs_nothing_of_the_server():
    program = "import sys, guerdon.client; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded & {"asyncpg", "litestar", "uvicorn", "aiohttp", "prometheus_client", "structlog"} == set()
    ours = {".".join(name.split(".")[:2]) for name in done.stdout.split() if name.startswith("guerdon.")}
    assert ours == {
        "guerdon.access", "guerdon.client", "guerdon.errors", "guerdon.kit", "guerdon.points", "guerdon.webhooks",
    }  # fmt: skip
    assert "guerdon.points.desk" not in done.stdout.split()
