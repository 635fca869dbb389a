"""Every table of the live schema that names a member is declared: its rows go over, are added up, or stay."""

import pytest

from guerdon.moving.belongings import ADDED_UP, GOES_OVER, STAYS
from tests.street import Street

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMES_A_MEMBER = """
    SELECT tables.relname, columns.attname
      FROM pg_constraint AS c
      JOIN pg_class AS tables ON tables.oid = c.conrelid
      JOIN pg_attribute AS columns
        ON columns.attrelid = tables.oid AND columns.attnum = ANY (c.conkey) AND columns.attname <> 'merchant_id'
     WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND c.confrelid = 'member'::regclass
     UNION
    SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name LIKE '%member_id' AND table_name <> 'member'
"""


async def test_every_table_that_names_a_member_is_declared(street: Street):
    named = {tuple(row) for row in await street.engine.database.fetch(NAMES_A_MEMBER)}
    declared = {*GOES_OVER.values(), *ADDED_UP, *STAYS}
    assert named - declared == set(), "say in guerdon/moving/belongings.py what becomes of these when members merge"
    assert declared - named == set(), "declared, and not there"
