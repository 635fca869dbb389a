"""What a shopper sees and does, on a page of the shop and on the one behind a signed link."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import SCREENSHOTS, Site, Window
from tests.browser.shopfront import Shopfront, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

DESK, PHONE = {"viewport": {"width": 1200, "height": 900}}, {"viewport": {"width": 375, "height": 812}}
DARK = {"color_scheme": "dark"}
LOOKS = {"desk": DESK, "desk-dark": DESK | DARK, "phone": PHONE, "phone-dark": PHONE | DARK}

RULES = (
    '{"name": "Free coffee", "description": "Any size, at any of our shops.", "points": 1500, "amount_minor": 400, '
    '"currency": "USD"}',
    '{"points": 1000, "reward": "percentage", "percentage_hundredths": 1000, "currency": "USD"}',
    '{"points": 100, "pricing": "variable", "minimum_points": 200, "amount_minor": 100, "currency": "USD"}',
    '{"name": "Gold gift", "points": 100, "amount_minor": 2500, "currency": "USD", "tier_level": 2}',
)
TIERS = """{"term": "calendar_year", "tiers": [{"name": "Silver", "entry": {"points_earned": 500}},
            {"name": "Gold", "entry": {"points_earned": 10000}}]}"""
POLICIES = """{"expiry": "12 months", "referrals": {"link": "https://acme.example/?ref={code}", "referrer_points": 250,
               "friend_points": 100}}"""
EARNING = '{"name": "A point a dollar", "earns": {"kind": "per_amount", "points": 1, "each_minor": 100}}'


@pytest.fixture(scope="module")
def shop(site: Site) -> Iterator[Shopfront]:
    """A shop whose pages embed the elements."""
    terminal = site.terminal
    for rule in RULES:
        terminal.run("rule", "create", "--merchant", "42", text=rule)
    terminal.run("tier", "set", "--merchant", "42", text=TIERS)
    terminal.run("merchant", "policies", "42", "--policies", POLICIES)
    terminal.run("earning-rule", "create", "--merchant", "42", text=EARNING)
    made = terminal.json("key", "create", "--merchant", "42", "--name", "page", "--publishable", "--limit", "1000")
    secret = terminal.json("key", "token-secret", "--merchant", "42", "--rotate")["token_secret"]
    with opened(Shopfront(site.url, site.guid, made["api_key"], secret)) as shop:
        yield shop


@pytest_asyncio.fixture(loop_scope="session")
async def view(
    chromium: Browser, site: Site, shop: Shopfront, request: pytest.FixtureRequest
) -> AsyncIterator[Window]:  # fmt: skip
    """A page that may load nothing but what is the shop's and the server's, and leaves nothing behind."""
    wanted: dict[str, Any] = {
        **DESK,
        **getattr(request, "param", {}),
        "permissions": ["clipboard-read", "clipboard-write"],
    }
    async with await chromium.new_context(**wanted) as context:
        window = Window(await context.new_page(), site)
        ours = (f"{site.url}/", f"{shop.url}/")
        page = window.page
        page.on("console", lambda said: window.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: window.complaints.append(str(error)))
        page.on("request", lambda sent: None if sent.url.startswith(ours) else window.foreign.append(sent.url))
        yield window
        assert (window.complaints, window.foreign) == ([], [])
        assert await context.cookies() == []
        kept = await page.evaluate("[...Object.values(localStorage), ...Object.values(sessionStorage)].join()")
        assert kept == ""


async def customer(site: Site, points: int = 1240) -> str:
    """Somebody new with so many points."""
    address = f"ana.{uuid4().hex[:8]}@example.com"
    await told(site, "/api/v2/customers", {"email": address, "first_name": "Ana"})
    await told(
        site, "/api/v2/points/adjust", {"customer_email": address, "point_adjustment_amount": points - 4000}
    )  # fmt: skip
    return address


async def told(site: Site, path: str, body: dict[str, object]) -> None:
    answer = await site.ask("POST", path, json=body)
    assert answer.status_code == 200, answer.text


async def settled(page: Page) -> None:
    """The element shows what it was told."""
    await expect(page.locator("guerdon-rewards [aria-busy=false]")).to_be_visible()


@pytest.mark.parametrize("view", LOOKS.values(), ids=LOOKS, indirect=True)
async def test_a_shoppers_page_is_for_everybody(view: Window, shop: Shopfront, request: pytest.FixtureRequest):
    look = request.node.callspec.id
    await view.page.goto(f"{view.site.url}/m/42#{shop.token(await customer(view.site))}")
    await settled(view.page)
    await view.page.get_by_text("Show at the till").click()
    await expect(view.page.get_by_role("img", name="QR code")).to_be_visible()
    await view.check()
    await view.page.screenshot(path=shot(f"member-{look}"), full_page=True)


def shot(name: str) -> Path:
    """Where a picture of a whole page is kept, for people."""
    SCREENSHOTS.mkdir(exist_ok=True)
    return SCREENSHOTS / f"{name}.png"


@pytest.mark.parametrize("view", LOOKS.values(), ids=LOOKS, indirect=True)
async def test_a_shopper_sees_redeems_copies_and_finds_it_again(
    view: Window, shop: Shopfront, request: pytest.FixtureRequest
):
    look, page = request.node.callspec.id, view.page
    await page.goto(shop.account(await customer(view.site)))
    await settled(page)
    await expect(page.get_by_text("Hello Ana")).to_be_visible()
    await expect(page.locator("guerdon-rewards .number")).to_have_text("1,240 points")
    await expect(page.get_by_text("expire on")).to_be_visible()
    await expect(page.get_by_text("260 points short")).to_be_visible()
    await expect(page.get_by_text("For Gold and higher")).to_be_visible()
    await expect(page.locator("guerdon-earns")).to_have_text("Earn 49 points")
    await view.check()
    await page.screenshot(path=shot(f"widget-{look}"), full_page=True)

    await page.get_by_role("button", name="Redeem: $5 off").click()
    dialog = page.get_by_role("dialog", name="Redeem $5 off?")
    await expect(dialog).to_contain_text("740 points")
    await view.check()
    await view.shoot(f"widget-confirm-{look}")
    await dialog.get_by_role("button", name="Redeem 500 points").dblclick()
    given = page.get_by_role("dialog", name="Here is your code")
    code = await given.locator("code").inner_text()
    await given.get_by_role("button", name="Copy").click()
    await page.wait_for_function("code => navigator.clipboard.readText().then((kept) => kept === code)", arg=code)
    await view.check()
    await view.shoot(f"widget-code-{look}")
    await given.get_by_role("button", name="Done").click()

    await expect(page.locator("guerdon-rewards .number")).to_have_text("740 points")
    await expect(page.get_by_role("heading", name="Your codes")).to_be_focused()
    await expect(page.locator("guerdon-rewards [part~=coupon]")).to_have_count(1)
    await expect(page.get_by_role("button", name=f"Copy: {code}")).to_be_visible()
    await expect(page.locator("[part~=history-line]").first).to_contain_text("−500 points")


async def test_all_of_it_is_done_by_keyboard(view: Window, shop: Shopfront):
    page = view.page
    await page.goto(shop.account(await customer(view.site), sections="rewards coupons"))
    await settled(page)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Redeem: $1.00 Off per 100 Points")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Tab")
    amount = page.get_by_label("How many points")
    await expect(amount).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(amount).to_have_value("300")
    await expect(page.get_by_role("dialog")).to_contain_text("$3")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Redeem: $1.00 Off per 100 Points")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Redeem 200 points")).to_be_enabled()
    for _ in range(3):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Redeem 200 points")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Here is your code")).to_be_visible()
    await expect(page.get_by_role("status")).to_contain_text("Here is your code:")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("heading", name="Your codes")).to_be_focused()


async def test_a_refusal_says_what_is_missing_and_leaves_everything(view: Window, shop: Shopfront):
    page, who = view.page, await customer(view.site)
    await page.goto(shop.account(who))
    await settled(page)
    await told(view.site, "/api/v2/points/adjust", {"customer_email": who, "point_adjustment_amount": -1000})
    await page.get_by_role("button", name="Redeem: $5 off").click()
    await page.get_by_role("button", name="Redeem 500 points").click()

    await expect(page.get_by_role("alert")).to_have_text("260 points short")
    view.complaints.clear()  # the browser itself tells of an answer of 422
    await view.check()
    await view.shoot("widget-refused")
    await page.get_by_role("button", name="Not now").click()
    await expect(page.locator("guerdon-rewards .number")).to_have_text("240 points")


async def test_an_amount_that_does_not_fit_is_told_before_it_is_asked_for(view: Window, shop: Shopfront):
    page = view.page
    await page.goto(shop.account(await customer(view.site)))
    await settled(page)
    await page.get_by_role("button", name="Redeem: $1.00 Off per 100 Points").click()
    await page.get_by_label("How many points").fill("250")

    await expect(page.get_by_role("alert")).to_have_text("The nearest amounts are 200 and 300 points")
    view.complaints.clear()  # the browser itself tells of an answer of 422


async def test_a_token_that_has_ended_is_signed_anew(view: Window, shop: Shopfront):
    who = await customer(view.site)
    await view.page.goto(shop.account(who, old="renewed"))
    await settled(view.page)

    await expect(view.page.get_by_text("Hello Ana")).to_be_visible()
    assert shop.signed.count(who) == 1
    view.complaints.clear()  # the browser itself tells of the answer of 401


async def test_where_it_cannot_be_signed_anew_the_shopper_is_told(view: Window, shop: Shopfront):
    await view.page.goto(shop.account(await customer(view.site), old="for good"))

    await expect(view.page.get_by_role("heading", name="Your sign-in has ended")).to_be_visible()
    view.complaints.clear()  # the browser itself tells of the answer of 401
    await view.check()
    await view.shoot("widget-ended")


async def test_who_is_not_signed_in_sees_what_points_buy(view: Window, shop: Shopfront):
    await view.page.goto(shop.account())
    await settled(view.page)

    await expect(view.page.get_by_role("heading", name="Sign in to see your points")).to_be_visible()
    await expect(view.page.get_by_text("Free coffee")).to_be_visible()
    gift = view.page.get_by_role("listitem").filter(has_text="Gold gift")
    await expect(gift.get_by_text("For Gold and higher")).to_be_visible()
    await expect(view.page.get_by_text("and higher")).to_have_count(1)
    await expect(view.page.get_by_role("button")).to_have_count(0)
    await view.check()
    await view.shoot("widget-guest")


async def test_who_is_no_member_yet_is_welcome(view: Window, shop: Shopfront):
    await view.page.goto(shop.account("nobody@example.com"))
    await settled(view.page)

    await expect(view.page.get_by_role("heading", name="You have no points yet")).to_be_visible()
    view.complaints.clear()  # the browser itself tells of the answer of 404


@pytest.mark.parametrize("view", [PHONE], indirect=True)
async def test_it_speaks_german(view: Window, shop: Shopfront):
    page = view.page
    await page.goto(shop.account(await customer(view.site), lang="de-DE"))
    await settled(page)

    await expect(page.locator("guerdon-rewards .number")).to_have_text("1.240 Punkte")
    await expect(page.get_by_text("Es fehlen 260 Punkte")).to_be_visible()
    await expect(page.get_by_text("10 % Rabatt")).to_be_visible()
    await expect(page.get_by_text("1 $ Rabatt je 100 Punkte")).to_be_visible()
    await expect(page.locator("guerdon-earns")).to_have_text("49 Punkte sammeln")
    await page.screenshot(path=shot("widget-german"), full_page=True)
    await page.get_by_role("button", name="Einlösen: $5 off").click()
    await expect(page.get_by_role("dialog", name="$5 off einlösen?")).to_contain_text("740 Punkte")
    await page.get_by_role("button", name="Jetzt nicht").click()
    await page.get_by_role("button", name="Einlösen: 10 % Rabatt").click()
    await page.get_by_role("button", name="1.000 Punkte einlösen").click()
    await page.get_by_role("button", name="Fertig").click()
    await expect(page.locator("guerdon-rewards [part=coupon]")).to_contain_text("10 % Rabatt")


async def test_a_shop_gives_it_its_own_look_and_hears_what_happens(view: Window, shop: Shopfront):
    page = view.page
    await page.goto(shop.account(await customer(view.site), body="branded", theme="light", capture="on-order"))
    await settled(page)
    redeem = page.get_by_role("button", name="Redeem: $5 off")
    await expect(redeem).to_have_css("background-color", "rgb(138, 21, 56)")
    await expect(page.locator("guerdon-rewards .number")).to_have_css("font-style", "italic")
    await view.shoot("widget-branded")
    await page.evaluate("addEventListener('guerdon:redeemed', ({ detail }) => (window.heard = detail))")
    await redeem.click()
    await page.get_by_role("button", name="Redeem 500 points").click()
    shown = await page.get_by_role("dialog").locator("code").inner_text()
    detail = await (await page.wait_for_function("window.heard")).json_value()
    assert (detail["code"], detail["points"], detail["capture"]) == (shown, 500, "on_order")
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_text("500 points set aside for an order")).to_be_visible()


async def test_without_a_token_the_page_tells_where_one_is_had(view: Window):
    await view.open("/m/42")

    await expect(view.page.get_by_role("heading", name="Open the link that your shop gave you.")).to_be_visible()
    await view.check()


async def test_the_token_of_a_link_is_sent_to_nobody_but_the_server(view: Window, shop: Shopfront):
    token = shop.token(await customer(view.site))
    asked: list[tuple[str, str | None]] = []
    view.page.on("request", lambda sent: asked.append((sent.url, sent.headers.get("referer"))))
    await view.page.goto(f"{view.site.url}/m/42#{token}")
    await settled(view.page)

    assert asked
    for url, referer in asked[1:]:
        assert token not in url + (referer or "")
