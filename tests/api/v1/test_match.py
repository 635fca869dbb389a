"""`ETag` and `If-Match`: a change that insists on a version is refused where another is there."""

from typing import Any

import pytest

from guerdon.api.v1.match import require_version, tell_version
from guerdon.api.wire import Incoming
from guerdon.errors.base import Outdated


def _incoming(match: str | None) -> Incoming:
    headers: list[Any] = [] if match is None else [(b"if-match", match.encode())]
    return Incoming({"method": "PATCH", "path": "/v1/things/1", "query_string": b"", "headers": headers})


@pytest.mark.parametrize("match", [None, "*", '"3"', 'W/"3"', '"2", "3"'])
def test_the_version_that_is_there_may_be_changed(match: str | None):
    require_version(_incoming(match), 3)


@pytest.mark.parametrize("match", ['"2"', "3", '"33"', ""])
def test_another_version_is_refused(match: str):
    with pytest.raises(Outdated) as refused:
        require_version(_incoming(match), 3)
    assert (refused.value.status, refused.value.facts) == (412, {"asked": match, "now": '"3"'})


def test_an_answer_tells_its_version():
    incoming = _incoming(None)
    tell_version(incoming, 3)
    assert incoming.told == [(b"etag", b'"3"')]
