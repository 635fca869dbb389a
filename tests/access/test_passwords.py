"""What a stolen table of passwords costs whoever tries to read it: this many bytes and rounds for each guess."""

import json
import os
import subprocess
import sys

from argon2 import Type, extract_parameters

HASH = """
import asyncio, json
from guerdon.access.operators import hashed_password
print(json.dumps([asyncio.run(hashed_password("secret-enough")) for _ in range(2)]))
"""


def test_a_password_is_hashed_as_owasp_asks_and_never_twice_the_same():
    """In a process of its own: other tests are in haste, and have hashes that cost nothing."""
    told = subprocess.run([sys.executable, "-c", HASH], env=os.environ, capture_output=True, text=True, check=True)
    first, second = json.loads(told.stdout)
    assert first != second
    cost = extract_parameters(first)
    assert cost.type is Type.ID
    assert (cost.memory_cost, cost.time_cost, cost.parallelism) == (19 * 1024, 2, 1), "KiB, rounds and lanes"
    assert "secret-enough" not in first
