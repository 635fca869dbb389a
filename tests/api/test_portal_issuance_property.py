"""Whatever an earning rule says, the portal contract shows it so that it can be sent back, and reads any text."""

from datetime import UTC, datetime
from decimal import Decimal

import hypothesis.strategies as st
from hypothesis import given

from guerdon.api.portal.choices import Named
from guerdon.api.portal.issuance_earns import read_earns, say_earns
from guerdon.api.portal.validity import read_end, read_start, show_end, show_start
from guerdon.earning.earns import Flat, PerAmount
from guerdon.errors.base import BadField
from guerdon.kit.calendar import zone
from guerdon.kit.money import CURRENCIES

EARNS = st.builds(Flat, points=st.integers(1, 10**6)) | st.builds(
    PerAmount,
    points=st.integers(1, 1000),
    each_minor=st.integers(1, 10**6),
    each_minor_in=st.dictionaries(st.just("EUR"), st.integers(1, 1000)),
    each_whole=st.booleans(),
)


@given(earns=EARNS, code=st.sampled_from(["USD", "JPY", "KWD"]))
def test_points_sent_back_as_they_are_shown_stay_exactly_as_they_are(earns: Flat | PerAmount, code: str) -> None:
    kind, flat, multiplier = say_earns(earns, CURRENCIES[code])
    assert kind is not None
    assert read_earns(Named(kind), flat, multiplier, earns, CURRENCIES[code]) == earns
    assert read_earns(None, flat, multiplier, earns, CURRENCIES[code]) == earns


@given(
    earns=EARNS, multiplier=st.decimals(min_value="0.0001", max_value=1000, places=4),
    code=st.sampled_from(["USD", "JPY", "KWD"]),
)  # fmt: skip
def test_a_multiplier_is_kept_to_its_last_decimal(earns: Flat | PerAmount, multiplier: Decimal, code: str) -> None:
    money = CURRENCIES[code]
    for before in (None, earns):
        changed = read_earns(Named("MULTIPLIER"), None, multiplier, before, money)
        assert say_earns(changed, money).multiplier == multiplier


@given(
    moment=st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  bounds have no zone
    name=st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]),
)
def test_moments_sent_back_as_they_are_shown_stay_exactly_as_they_are(moment: datetime, name: str) -> None:
    assert read_start(None, None, show_start(moment), moment, zone(name)) == moment
    assert read_end(None, None, show_end(moment), moment, zone(name)) == moment
    for read, show in ((read_start, show_start), (read_end, show_end)):
        again = read(None, None, show(moment), None, zone(name))
        assert again is not None
        assert show(again) == show(moment)


@given(day=st.text(max_size=12) | st.dates().map(str), clock=st.text(max_size=30) | st.times().map(str))
def test_any_text_is_a_time_or_refused_by_name(day: str, clock: str) -> None:
    found: set[str] = set()
    for read in (read_start, read_end):
        try:
            read(day, clock, None, None, zone("America/New_York"))
        except BadField as refused:
            found.add(refused.field)
    assert found <= {"sRuleValidFromDateTime", "fromTime", "sRuleValidToDateTime", "toTime"}
