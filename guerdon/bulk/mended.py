"""Bad rows as a file that can be mended and sent again: the rows as they were sent, and beside each why it is bad."""

import csv
import io

from guerdon.bulk.files import BadRecord, list_bad_rows
from guerdon.database.pool import Queries

WHY = ("bad_line", "bad_column", "reason")
"""What the file says of each row beside what was sent. No kind of import reads columns of these names."""

ROWS_AT_ONCE = 2000


async def bad_rows_csv(database: Queries, merchant_id: int, batch_id: int) -> str:
    """The rows of an import that cannot be taken, as CSV."""
    rows: list[BadRecord] = []
    while some := await list_bad_rows(
        database, merchant_id, batch_id, after=rows[-1].line if rows else 0, limit=ROWS_AT_ONCE
    ):
        rows += some
    columns = list(dict.fromkeys(name for row in rows for name in row.record))
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow((*columns, *WHY))
    for row in rows:
        writer.writerow((*(row.record.get(name, "") for name in columns), row.line, row.field, row.reason))
    return output.getvalue()
