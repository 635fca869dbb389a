"""What is wrong with a field, or with a request: the English of the domain, in a person's language. Pure.

A refusal carries its `problem` as it was written where the rule is (`BadField(field, f"{points} is …")`). Each has its
template here, and the name of a place tells what stands there: numbers are written as the language writes them, words
of programs become words of people, and texts of somebody's own stay. A problem that no template fits is told as it is;
tests/console/test_problems.py sees to it that a page can meet none.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, get_decimal_symbol

from guerdon.console.amounts import money_text
from guerdon.console.frame import N
from guerdon.console.visitor import Taste
from guerdon.earning.sentence import OCCASIONS, PERIODS
from guerdon.kit.money import money_in
from guerdon.kit.sentence import pattern_of

IDENTITIES: Mapping[str, str] = {
    "email": N("email"), "phone": N("phone"), "external_id": N("external id"), "pos_account_id": N("POS id"),
    "card": N("card"), "id": N("id"),
}  # fmt: skip
"""What finds a member."""

TABLES: Mapping[str, Mapping[str, str]] = {
    "trigger": OCCASIONS,
    "period": {str(period): text for period, text in PERIODS.items()},
    "stacking": {
        "sum": N("all of them count"), "best": N("the one that gives most counts"),
        "exclusive": N("the one of the highest priority counts"),
    },
    "threshold": {"retain": N("Kept with something else"), "regain": N("Entered again with something else")},
}  # fmt: skip
"""Words of programs, by the name of the place where they stand."""

TEMPLATES: tuple[str, ...] = (
    # where all is said without a value
    N("a value is needed"),
    N("a rule needs a name, such as 'Points for shoes'"),
    N("a tier needs a name, such as Silver"),
    N("a tier needs a name"),
    N("a programme has at least one tier"),
    N("a group needs a name; leave it out for a rule that stands alone"),
    N("a free product needs the product's id"),
    N("a window that ends as it starts is empty; leave hours out for the whole day"),
    N("one cap for each period says all: give points and times together"),
    N("the rule gives no points: cap the times"),
    N("0 changes nothing: points above or below zero are needed"),
    N("goodwill gives points; to take some, the reason is reward, redeem or expire"),
    N("only points that are given expire, at a time that is still to come"),
    N("points that cost nothing are not bought; give them by an adjustment"),
    N("points can be bought once they have a price, such as 100 minor units for 10 points"),
    N("the fee of a purchase is paid with it: it is in money"),
    N("it may not hold a user name or a password: the secret goes in a header"),
    N("it is the name, or the same letters again and again: choose another"),
    N("it is not one that a page of this list has told"),
    N("it holds a NUL character, which no text may have"),
    N("this merchant has no programme of tiers to go by after that day: leave it out"),
    N("a publishable key lies in the open: it cannot have admin"),
    N("they are for publishable keys: a secret key belongs on no page"),
    N("the base currency is worth itself"),
    N("a currency that is taken needs a rate"),
    N("a day and a time are needed, or a number of days"),
    # numbers that are counted
    N("%(number)s is not a whole number from %(least)s to %(most)s"),
    N("%(number)s %(currency)s is not a whole number from %(least)s to %(most)s"),
    N("%(number)s is not a number of days from %(least)s to %(most)s"),
    N("%(number)s is not a number of seconds from %(least)s to %(most)s"),
    N("%(number)s is not a number of requests a second from %(least)s to %(most)s"),
    N("%(number)s is not from %(least)s to %(most)s"),
    N("%(number)s is not from %(least)s to %(most)s with at most %(decimals)s decimals, such as %(example)s"),
    N("%(number)s is not above %(least)s, at most %(most)s, with at most %(decimals)s decimals, such as %(example)s"),
    N("%(number)s is not an amount above %(least)s and up to %(most)s"),
    N("%(number)s buys nothing: an amount above zero is needed"),
    N("%(number)s is below the least, %(least)s"),
    N("%(number)s is below the %(least)s that the lower tier asks"),
    N("%(number)s are over %(most)s"),
    N("%(number)s codes are given: %(least)s to %(most)s are needed"),
    N("%(number)s tiers are not from %(least)s to %(most)s"),
    N("%(number)s %(currency)s for one unit of the base currency is not between 1e-9 and 1e9"),
    N("%(number)s is no id of a redemption rule"),
    N("a whole number from %(least)s to %(most)s is needed"),
    N("a whole number from %(least)s to %(most)s is needed, or none"),
    N("it is below the minimum of %(least)s"),
    N("%(points)s points cost %(price)s, fee included, not %(number)s"),
    N("%(points)s points are too many for this option. The amount is too large; the most is %(money)s"),
    N(
        "no multiple of %(points)s points lies on %(least)s plus steps of %(step)s: choose a minimum that is a "
        "multiple of %(number)s"
    ),
    N("it has %(number)s characters: %(least)s to %(most)s characters are needed, such as four words"),
    N("there are %(number)s filters for this page; forget one first"),
    # texts and names
    N("a text of %(least)s to %(most)s characters is needed"),
    N("a text of %(least)s to %(most)s printable characters is needed"),
    N("a text of at most %(most)s printable ASCII characters is needed: it goes in a header"),
    N("a name of %(least)s to %(most)s characters is needed"),
    N("a filter of %(least)s to %(most)s characters is needed"),
    N("a name without a colon is needed, since name and password are joined by one"),
    N("%(quoted)s is no code: %(least)s to %(most)s printable ASCII characters without space or comma"),
    N("%(quoted)s is no such id; they look like %(example)s"),
    N("%(quoted)s is no such id; they look like %(example)s with 32 hexadecimal digits"),
    N("%(quoted)s is no origin; send one such as 'https://shop.example'"),
    N("%(quoted)s is no address such as 'https://shop.example/coupons'"),
    N("%(quoted)s is no topic; one such as redemption.created, points.* or * is"),
    N("%(quoted)s is none of %(choices)s"),
    N("%(quoted)s is no kind of identity; there are %(kinds)s"),
    N("one of %(kinds)s is needed"),
    N("there is no %(quoted)s; there are %(choices)s"),
    N("there is no such policy; there are %(choices)s"),
    N("there is no such field"),
    N("there is no sample of %(quoted)s"),
    N("There is no redemption option %(id)s"),
    N("%(text)s have no %(quoted)s; they have %(choices)s"),
    N("%(quoted)s is not of the form Theirs=ours"),
    N("%(quoted)s is not the level of a tier: it is a whole number"),
    N("%(quoted)s is no number of an event"),
    N("%(quoted)s has no such merge; a list of those there are is at /merges"),
    N("nothing is told under %(quoted)s; there are %(choices)s"),
    N("%(quoted)s is an id of our own: choose one that begins differently"),
    N("%(text)s is noticed without being reported: send another kind"),
    N("%(text)s takes points: send them below zero"),
    N("%(text)s is the name of a lower tier already"),
    N("%(quoted)s has no {code} for the member's code"),
    N("a page of the console is needed"),
    N("send the next_cursor of the page before, as it was"),
    # addresses and numbers of people
    N("%(text)s is too long; an email address has at most %(most)s characters"),
    N("%(text)s holds a space or an unprintable character; send an address without"),
    N("%(text)s is not an email address; send one such as 'ana@example.com'"),
    N("%(text)s is not a phone number; send one such as '+14155552671'"),
    N("%(text)s lacks its country; send it as in '+14155552671', or name the country"),
    N("%(text)s is not a country; send two letters of ISO 3166, such as 'US'"),
    N("%(text)s is not a number that can be dialled; send one such as '+14155552671'"),
    N("%(quoted)s is no country; send two letters such as 'DE'"),
    N("%(quoted)s is no IANA time zone; one such as Europe/Berlin or UTC is"),
    N("it is longer than %(most)s characters"),
    N("it holds characters that no URL has"),
    N("one that begins with https:// and names a host is needed"),
    N("it may not hold a user name or a password"),
    N("%(text)s is not an address in the internet"),
    # money
    N("%(quoted)s is no amount, such as 12.50"),
    N("%(quoted)s is no number, such as 0.92"),
    N("%(quoted)s is no number, such as 1.5"),
    N("%(quoted)s is no whole number"),
    N("%(quoted)s is no line such as: 2 x SKU-1 @ 19.90 in Shoes, Sale"),
    N("%(quoted)s is not a number; send figures with a point, such as '50.00'"),
    N("%(text)s is not an amount; send a finite number, such as 50.00"),
    N("%(number)s has more decimals than %(currency)s; send at most %(decimals)s, such as %(example)s"),
    N("%(number)s has decimals and %(currency)s has none; send a whole number, such as 50"),
    N("The amount is too large; the most is %(money)s"),
    N("%(quoted)s is not a currency code of ISO 4217; send one such as 'USD'"),
    N("%(currency)s is written %(known)s"),
    N("points are sold in %(currency)s"),
    # times
    N("%(ends)s is not after the start, %(starts)s"),
    N("%(ends)s has no time zone: end it with Z or an offset such as +02:00"),
    N("%(quoted)s is not a time of the day from '00:00' to '23:59'"),
    N("%(quoted)s is no time; they look like '2026-03-10T12:00:00Z'"),
    N("%(ends)s is no time between the years 1 and 9999 in UTC"),
    N("%(starts)s is after the last day, %(ends)s"),
    N("%(starts)s to %(ends)s is not between the years 2000 and 2200"),
    N("%(starts)s to %(ends)s are more than %(most)s days"),
    N("%(number)s days are more than %(most)s; ask for weeks or months"),
    N("%(year)s is not a year from %(first)s to %(last)s"),
    N("month %(month)s has no day %(day)s"),
    N("month %(month)s of %(year)s has no day %(day)s"),
    N("send either the time to move to, or `by_seconds`"),
    # terms of rules
    N("%(quoted)s is not 'order' or the name of an activity, such as 'sign_up' or 'store_visit'"),
    N("%(stacking)s is said of the rules of a group: name the group"),
    N("%(quoted)s is not 'none', '14 days', or an order status such as 'fulfilled'"),
    N("%(quoted)s is not 'none', or days such as '14 days'"),
    N("several levels are taken exactly; name one to admit it and higher ones"),
    N("the cap per %(period)s says neither points nor times"),
    N("only orders earn so: for %(trigger)s give flat points, a coupon or a tier"),
    N("only orders have this, and the rule is for %(trigger)s: leave it out"),
    N("only orders have this, and this is %(trigger)s: leave it out"),
    N("%(trigger)s has no status to wait for: say 'none' or days, such as '14 days'"),
    N("orders settle as the shop reports them, and wait for nobody's word: only activities are approved"),
    N("an order has a total; for an activity, name its kind"),
    N("%(quoted)s is no expiry policy; these are: %(choices)s"),
    N("points live by %(quoted)s already: name the policy that they were earned under"),
    N("the change from %(before)s to %(after)s is under way: finish that one first"),
    N("it asks for nothing: leave %(threshold)s out to ask the same as entry"),
    # what is asked of lists
    N("a member or an account is taken, and not both"),
    N("it is for the entries of the whole programme: leave `member` and `account` out"),
    N("one of redemption, member and order may be named, with a state and nothing else"),
    N("of coupons that end, only the time of their end may be asked for"),
    N("events of a member, or about a thing, are told newest first"),
    N("events after a number are told oldest first"),
    N("a role or may_spend is needed: there is nothing to change"),
    N("a publishable key has a limit in any case"),
    # whoever signs in, and what is read
    N("This code is not right, or was used before: wait for the next one, and check that your telephone has the time"),
    N(
        "Codes cannot be checked, since GUERDON_SECRET_KEY is not the one that they were sealed with: use a "
        "recovery code, or ask whoever runs the installation"
    ),
    N("Sign in to see this page"),
    N("it is not one"),
    N("it was not made by this programme"),
    N("it has ended"),
    N("the answer is not to what was asked from this browser; begin again"),
    N("the provider says %(quoted)s"),
    N("the answer has no code, or is another provider's"),
    N("%(text)s is the configuration of %(quoted)s"),
    N("the provider gave no token (%(text)s)"),
    N("its ID token is not valid (%(text)s)"),
    N("%(text)s may not sign in any more"),
    N("%(text)s works for no merchant here: ask an owner for a role"),
    N("the provider has not verified an address of email, by which you would be known here"),
    N("nobody here is called %(text)s: an owner can add you by this name"),
    N("%(text)s is somebody else's at the provider by now: ask an owner to look into it"),
    N("%(text)s did not answer as a provider does (%(quoted)s)"),
    N("send the form with its file, as multipart/form-data"),
    N("its field %(quoted)s is longer than %(most)s bytes"),
    N("its parameters cannot be read (%(text)s)"),
    N("its parts cannot be read (%(text)s)"),
    N("its body is no JSON object (%(text)s)"),
    N("the line is no JSON object (%(text)s)"),
    N("it is nested too deeply"),
    N("the line is nested too deeply"),
    N("it ended before its body did"),
    N("it is empty; its first line names the columns"),
    N("its first line is no CSV (%(text)s)"),
    N("it has no column that finds a member, which %(kinds)s do; it has %(choices)s. Try --preset or --map"),
    N("it has no column %(quoted)s; it has %(choices)s. Try --preset or --map"),
)
"""What may be wrong, one by one: no problem fits two of them."""

BOUNDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"Expected 'str' of length <= (?P<most>\d+)"), N("at most %(most)s characters go here")),
    (re.compile(r"Expected 'str' of length >= 1"), N("a value is needed")),
    (re.compile(r"Expected 'str' of length >= (?P<least>\d+)"), N("at least %(least)s characters are needed")),
    (re.compile(r"Expected 'str' matching .*"), N("it has letters that do not go here")),
    (
        re.compile(r"Expected '(int|float|decimal)' >= (?P<least>-?[\d.]+)"),
        N("%(least)s is the least that goes here"),
    ),
    (re.compile(r"Expected '(int|float|decimal)' <= (?P<most>-?[\d.]+)"), N("%(most)s is the most that goes here")),
    (re.compile(r"Expected 'array' of length <= (?P<most>\d+)"), N("at most %(most)s go here")),
    (re.compile(r"Expected 'int.*', got .*"), N("a whole number is needed, such as 500")),
    (
        re.compile(r"Expected 'decimal.*', got .*|Invalid decimal .*"),
        N("a number is needed, such as 12.50"),
    ),
    (re.compile(r"Expected 'date.*|Invalid RFC3339 encoded .*"), N("a day of the calendar is needed")),
    (re.compile(r"Invalid enum value .*"), N("choose one of those that are there")),
)
"""What the types of a request have against a value, in the words of a person."""

NUMBERS = frozenset({"number", "least", "most", "points", "price", "step", "decimals", "example"})
"""Places of numbers that count something. Ids, years, months and days are no such, and stay as they are."""
MOMENTS = frozenset({"starts", "ends"})
NUMBER = re.compile(r"(-?)([0-9][0-9,]*)(?:\.([0-9]+))?")
FORMS: Mapping[str, str] = {
    **dict.fromkeys(NUMBERS, r"-?[0-9][0-9,]*(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?|-?s?NaN|-?Infinity"),
    "example": r"'.*'|[0-9.,]+",
    "quoted": r"""'.*'|".*"|[A-Za-z]+""",
    "currency": "[A-Za-z]{3}",
    "known": "[A-Z]{3}",
    "trigger": r"[^ ]+",
    "stacking": "sum|best|exclusive",
    "threshold": "retain|regain",
    "year": "[0-9]+",
    "month": "-?[0-9]+",
}
"""What a place takes; any text where it is not named."""


def problem_said(problem: str, taste: Taste) -> str:
    """What is wrong, for this person; as it is where no template fits."""
    for pattern, text in (*_patterns(), *BOUNDS):
        if found := pattern.fullmatch(problem):
            return taste._(text, **{name: _said(name, value, taste) for name, value in found.groupdict().items()})
    return problem


def fitting(problem: str) -> list[str]:
    """The templates that fit, of which there is one at most."""
    return [text for pattern, text in _patterns() if pattern.fullmatch(problem)]


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((pattern_of(text, FORMS), text) for text in TEMPLATES)


def _said(name: str, value: str, taste: Taste) -> str:
    """What stands in a place, as the person reads it."""
    if name in NUMBERS:
        return number_said(value, taste.locale)
    if name in TABLES:
        known = TABLES[name].get(value)
        return taste.words.gettext(known) if known else value.replace("_", " ")
    if name == "kinds":
        return ", ".join(taste.words.gettext(IDENTITIES.get(kind, kind)) for kind in value.split(", "))
    if name == "money":
        return _money(value, taste.locale)
    return _moment(value, taste) if name in MOMENTS else value


def number_said(text: str, locale: Locale) -> str:
    """A number of an English sentence as the locale writes it, with the decimals that it has."""
    found = NUMBER.fullmatch(text)
    if found is None:
        return text
    sign, whole, decimals = found.groups()
    said = sign + format_decimal(Decimal(whole.replace(",", "")), locale=locale)
    return said if decimals is None else said + get_decimal_symbol(locale) + decimals


def _money(text: str, locale: Locale) -> str:
    found = money_in(text)
    return text if found is None else money_text(found[0], found[1].code, locale)


def _moment(text: str, taste: Taste) -> str:
    """A day, or a moment in UTC, of an English sentence."""
    shape = taste._("d MMM yyyy")
    with suppress(ValueError):
        return format_date(date.fromisoformat(text), shape, locale=taste.locale)
    with suppress(ValueError, OverflowError):
        at = datetime.fromisoformat(text)
        shown = at if at.tzinfo is None else at.astimezone(UTC)
        shape += " HH:mm:ss" if at.second else " HH:mm"
        return format_datetime(shown, shape, locale=taste.locale) + (" UTC" if at.tzinfo else "")
    return text
