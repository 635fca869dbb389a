"""A programme manager makes, tries, changes and ends rewards; a second person sees that somebody is at it."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import CUSTOMER, POINTS, Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"viewport": {"width": 375, "height": 740}}
DARK = {"color_scheme": "dark"}
PLAIN = {"java_script_enabled": False}


async def told(page: Page, *texts: str) -> None:
    """What the draft would do, once it is told."""
    for text in texts:
        await expect(page.locator("#checks")).to_contain_text(text)


async def customer(window: Window) -> None:
    """The member who tries things out."""
    answer = await window.site.ask("POST", "/api/v2/customers", json={"email": CUSTOMER})
    assert answer.status_code < 300, answer.text


async def test_a_reward_is_made_in_a_sentence_tried_changed_and_ended(window: Window):
    await customer(window)
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/rewards")
    await window.check()
    await window.shoot("console-rewards")
    await page.get_by_role("link", name="Add a reward").click()
    await told(page, "500 points buy $5.00 off the next purchase", "Saving lets members redeem it now.")

    # The sentence is looked at as it is typed.
    await page.get_by_label("Points", exact=True).first.fill("ten")
    await told(page, "ten is not a whole number")
    await page.get_by_label("Points", exact=True).first.fill("10,000")
    await page.get_by_label("Amount", exact=True).fill("50")
    await page.get_by_label("What it is put to").select_option(label="of gift card")
    await told(page, "10,000 points buy $50.00 of gift card")
    await expect(page.locator("#preview")).to_contain_text("$50.00 Gift Card")
    await page.get_by_text("Add a condition").click()
    await page.get_by_role("button", name="Most points a day").click()
    await told(page, "Most points a day: a value is needed")
    await page.locator("#points_max_per_day").fill("20000")
    await told(page, "at most 20,000 points a day")
    await page.locator("#name").fill("Gift card")

    # A refusal is explained before anybody meets it.
    await page.locator("#try_member").fill(CUSTOMER)
    await page.get_by_role("button", name="Try it").click()
    await expect(page.locator("#tried")).to_contain_text("It would be refused.")
    await expect(page.locator("#tried")).to_contain_text(f"{10_000 - POINTS:,} points short")
    await window.check()
    await window.shoot("console-rewards-edit")
    await page.locator("#points").fill("3000")
    await told(page, "3,000 points buy", "1 member can afford it now")
    await page.get_by_role("button", name="Try it").click()
    await expect(page.locator("#tried")).to_contain_text("The member gets $50.00.")
    await page.get_by_role("button", name="Add this reward").click()
    await expect(page.get_by_role("heading", name="Gift card", level=1)).to_be_visible()
    await window.check()
    story = page.url

    # A change is shown before it counts, and told afterwards.
    await page.get_by_role("link", name="Edit").click()
    await told(page, "Nothing is changed yet: version 1 counts.")
    await page.locator("#points").fill("3500")
    await page.get_by_role("button", name="Take out: Most points a day").click()
    await told(page, "at most 20,000 points a day (no longer)", "Saving starts version 2 now.")
    await page.get_by_role("button", name="Save version 2").click()
    await expect(page).to_have_url(story)
    await expect(page.locator(".versions")).to_contain_text("3,500 points buy $50.00 of gift card")
    await window.shoot("console-rewards-story")

    # Its clone is scheduled, and it is disabled.
    await page.get_by_role("link", name="Clone").click()
    await expect(page.locator("#name")).to_have_value("Copy of Gift card")
    await told(page, "It is saved switched off.")
    await page.locator("#active").check()
    await page.get_by_text("Add a condition").click()
    await page.get_by_role("button", name="First and last day").click()
    await page.locator("#starts_at").fill("2090-03-01")
    await page.locator("#ends_at").fill("2090-05-31")
    await told(page, "from March 1, 2090 to May 31, 2090")
    await page.get_by_role("button", name="Add this reward").click()
    await expect(page.locator("#page-state", has_text="Scheduled")).to_be_visible()
    await page.goto(story)
    await page.get_by_role("button", name="Disable").click()
    await expect(page.locator("#asks")).to_contain_text("Coupons that were given stay good.")
    await page.get_by_role("button", name="Disable Gift card").click()
    await expect(page.locator("#page-state", has_text="Disabled")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator("#page-state", has_text="Active")).to_be_visible()


async def test_codes_are_uploaded_and_their_level_is_seen(window: Window):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/rewards/new")
    await page.locator("#name").fill("Cinema")
    await page.get_by_text("Add a condition").click()
    await page.get_by_role("button", name="Codes of your own").click()
    await page.get_by_label("Told when so many are left").fill("2")
    await told(page, "with uploaded codes, and word when 2 are left")
    await page.get_by_role("button", name="Add this reward").click()
    await page.get_by_role("link", name="Its codes").click()
    await expect(page.get_by_role("heading", name="No codes yet")).to_be_visible()
    codes = "\n".join(f"CINEMA-{number}" for number in range(5))
    await page.set_input_files("#file", {"name": "codes.csv", "mimeType": "text/csv", "buffer": codes.encode()})
    await page.get_by_role("button", name="Read the file").click()
    await expect(page.locator("#upload .effect")).to_contain_text("5 codes are added.")
    await window.check()
    await page.get_by_role("button", name="Upload 5 codes").click()
    await expect(page.locator("#level dd").first).to_have_text("5")
    await expect(page.locator("#rows")).to_contain_text("CINEMA-4")
    await window.shoot("console-rewards-codes")


async def test_a_second_person_sees_who_is_at_it_and_takes_over(window: Window, chromium: Browser):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/rewards")
    await page.get_by_role("link", name="$5 off").first.click()
    await page.locator("#drawer-page").click()
    await page.get_by_role("link", name="Edit").click()
    await told(page, "Nothing is changed yet")
    editor = page.url
    ben = await window.site.hire("manager", "ben")
    async with await chromium.new_context() as context:
        other = Window(await context.new_page(), window.site)
        theirs = await other.sign_in(ben)
        await theirs.goto(editor)
        await expect(theirs.locator("#lock")).to_contain_text("ana has been editing this since")
        await other.check()
        await theirs.locator("#points").fill("450")
        await told(theirs, "Saving starts version 2 now.")
        await expect(theirs.get_by_role("button", name="Save version 2")).to_have_count(0)
        await theirs.get_by_role("button", name="Take over from ana").click()
        await theirs.get_by_role("button", name="Save version 2").click()
        await expect(theirs.locator(".versions")).to_contain_text("450 points buy")

    # Whoever was there before is shown both changes, and loses neither.
    await page.get_by_label("Amount", exact=True).fill("6")
    await expect(page.locator("#checks")).to_contain_text("Saving starts version")
    await page.get_by_role("button", name="Save version").click()
    await expect(page.locator("#meanwhile")).to_contain_text("ben saved another version meanwhile")
    await expect(page.locator("#points")).to_have_value("450")
    await window.check()
    await window.shoot("console-rewards-meanwhile")
    await page.get_by_role("button", name="Save version 3").click()
    await expect(page.locator(".said-whole").first).to_contain_text("450 points buy $6.00")


@pytest.mark.parametrize("window", [PHONE | DARK], indirect=True)
async def test_its_pages_are_for_everybody(window: Window):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/rewards")
    await window.check()
    link = await page.locator("a.row-link").last.get_attribute("href")
    for place in ("", f"{link}", f"{link}/edit", "/new"):
        await page.goto(window.site.url + (place if place.startswith("/console") else f"/console/rewards{place}"))
        await window.check()


@pytest.mark.parametrize("window", [PLAIN], indirect=True)
async def test_everything_works_without_scripts(window: Window):
    page = await window.sign_in()
    await page.goto(f"{window.site.url}/console/rewards/new")
    await page.locator("#points").fill("700")
    await page.get_by_label("Kind of reward").select_option("percentage")
    await page.get_by_role("button", name="Check").last.click()
    await page.get_by_label("Percent").fill("15")
    await page.get_by_text("Add a condition").click()
    await page.get_by_role("button", name="Stock").click()
    await page.locator("#stock").fill("9")
    await page.locator("#name").fill("Fifteen")
    await page.get_by_role("button", name="Check").last.click()
    await told(page, "700 points buy 15% off the next purchase, while 9 last")
    await page.get_by_role("button", name="Add this reward").click()
    await expect(page.get_by_role("heading", name="Fifteen", level=1)).to_be_visible()
