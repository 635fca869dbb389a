"""`make screenshots`: every page that people see, light and dark, at a desk and on a telephone.

    python -m tests.browser.shoot --url http://127.0.0.1:8080 --name admin --password …

The server is one with something to see that may be played with, such as `guerdon demo`: what no page would show
otherwise is made in its shop first (furniture.py), and a new secret for the tokens of customers. The name is an
owner's. Pictures go to .guerdon-screenshots: of the console, of some of its pages in German, of the pages around it,
and of a shop's page with the widget.
"""

import argparse
import asyncio
import shutil
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.async_api import Browser, Error, Page, async_playwright

from guerdon.client import customer_token
from guerdon.kit.clock import machine_clock
from tests.browser.crawl import every_page, kind_of, shown
from tests.browser.furniture import Furniture, begin, furnish
from tests.browser.shopfront import Shopfront, opened

FOLDER = Path(__file__).parent.parent.parent / ".guerdon-screenshots" / "console"
SIZES = {"desk": (1400, 900), "phone": (375, 740)}
SCHEMES = ("light", "dark")
SETTLED_MS, LOADED_MS = 300, 2_000
GROWTHS, TALL_MAX = 20, 6_000
KEY = "screenshots"
MEMBER = "/console/members/{id:str}"
GERMAN = ("/console", MEMBER, "/console/redemptions/{id:str}", "/console/rewards/{id:str}/edit",
          "/console/settings/policies", "/console/imports/{id:str}", "/console/members/{id:str}/adjust")  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """A server with everything to see, and where that is."""

    url: str
    name: str
    password: str
    also: list[str]
    """Pages of the console to which no list leads."""
    around: dict[str, str]
    """Other pages, by name."""


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    scheme: str
    size: str

    @property
    def viewport(self) -> tuple[int, int]:
        """Width and height."""
        return SIZES[self.size]

    async def open(self, browser: Browser, stack: AsyncExitStack, language: str = "en") -> Page:
        """A page that looks so."""
        width, height = self.viewport
        context = await browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=self.scheme, locale=language,  # pyright: ignore[reportArgumentType]  light or dark
        )  # fmt: skip
        await stack.enter_async_context(context)
        page = await context.new_page()
        page.on("pageerror", tell)
        return page

    async def keep(self, page: Page, name: str) -> None:
        """A picture of all of the page, up to where nobody scrolls."""
        width, height = self.viewport
        await page.wait_for_timeout(SETTLED_MS)
        grown = height
        for _ in range(GROWTHS):  # the window is as tall as the page, and tables grow with the window
            tall = min(TALL_MAX, await page.evaluate("document.documentElement.scrollHeight"))
            if tall <= grown:
                break
            await page.set_viewport_size({"width": width, "height": tall})
            grown = tall
        await page.screenshot(path=FOLDER / f"{name}.{self.size}.{self.scheme}.png")
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            sys.stderr.write(f"{page.url} is too wide for a {self.size}\n")
        await page.set_viewport_size({"width": width, "height": height})


def tell(error: Error) -> None:
    """What went wrong in a page."""
    sys.stderr.write(f"{error}\n")


def called(kind: str) -> str:
    """The name of a picture."""
    return kind.removeprefix("/console").strip("/").replace("/", "-").replace("{", "").replace(":str}", "") or "home"


async def sign_in(page: Page, url: str, name: str, password: str) -> None:
    """Go to the console."""
    await page.goto(f"{url}/console/sign-in")
    await page.fill("#username", name)
    await page.fill("#password", password)
    await page.click("main button.primary")
    await page.wait_for_url(lambda address: "sign-in" not in address)


async def made_key(page: Page, url: str) -> str:
    """A key of the native API that may do everything, as a person makes it."""
    await page.goto(f"{url}/console/developers/keys")
    await page.fill("#make #name", KEY)
    for scope in ("read", "redeem", "write", "admin"):
        await page.locator(f"#make #{scope}").check()
    await page.locator("#make button").last.click()
    return await page.locator("#secret code").inner_text()


async def made_token_secret(page: Page, url: str) -> str:
    """What the shop's server signs for its customers with."""
    await page.goto(f"{url}/console/developers/keys")
    await page.locator("#token-secret summary").click()
    await page.locator("#token-secret button").click()
    return await page.locator("#secret code").inner_text()


async def close_keys(http: httpx.AsyncClient) -> None:
    """Close what was made to take pictures; that which asks last."""
    keys = (await http.get("/v1/api_keys", params={"limit": 100})).json()["data"]
    made = [key for key in keys if key["name"] == KEY and key["revoked_at"] is None]
    for key in sorted(made, key=lambda key: (key["kind"], key["created_at"])):
        answer = await http.post(f"/v1/api_keys/{key['id']}/revoke", json={})
        assert answer.status_code == 200, answer.text


async def shoot(browser: Browser, scene: Scene, look: Look) -> set[str]:
    """Every page in one look; returns the kinds of pages of the console that were found."""
    found = dict[str, str]()
    async with AsyncExitStack() as stack:
        page = await look.open(browser, stack)
        for name, address in scene.around.items():
            await page.goto(address)
            await page.wait_for_timeout(LOADED_MS)
            await look.keep(page, name)
        await page.goto(f"{scene.url}/console/sign-in")
        await look.keep(page, "sign-in")
        await sign_in(page, scene.url, scene.name, scene.password)
        await page.goto(f"{scene.url}/console/members/mem_0")
        await look.keep(page, "not-found")
        also = [*scene.also, *await begin(page, scene.url)]
        async for kind in every_page(page, scene.url, also=also):
            found[kind] = page.url
            await look.keep(page, called(kind))
        page = await look.open(browser, stack, "de")
        await sign_in(page, scene.url, scene.name, scene.password)
        for kind in GERMAN:
            await page.goto(found[kind])
            await look.keep(page, f"{called(kind)}.de")
    return set(found)


async def run(url: str, name: str, password: str, looks: list[Look]) -> None:
    """All looks, one after the other."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright, AsyncExitStack() as stack:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = await looks[0].open(browser, stack)
        await sign_in(page, url, name, password)
        headers = {"authorization": f"Bearer {await made_key(page, url)}"}
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=headers, timeout=60))
        also = await furnish(http)
        shopper = next(
            address.rpartition("/")[2] for address in also if kind_of(address) == "/console/members/{id:str}"
        )
        email = (await http.get(f"/v1/members/{shopper}")).json()["email"]
        merchant = (await http.get("/v1/merchant")).json()
        public = await Furniture(http).make("api_keys", name=KEY, kind="publishable")
        secret = await made_token_secret(page, url)
        token = customer_token(secret, guid=merchant["guid"], subject=f"email:{email}", now=machine_clock())
        shop = stack.enter_context(opened(Shopfront(url, merchant["guid"], public["secret"], secret)))
        number = merchant["id"].rpartition("_")[2]
        around = {
            "start": f"{url}/", "docs": f"{url}/docs", "guides": f"{url}/docs/guides", "errors": f"{url}/docs/errors",
            "no-such-page": f"{url}/docs/guides/none", "shopper": f"{url}/m/{number}#{token}",
            "shopper-unknown": f"{url}/m/{number}", "shop": shop.account(email), "shop-signed-out": shop.account(),
        }  # fmt: skip
        scene = Scene(url, name, password, also, around)
        for look in looks:
            found = await shoot(browser, scene, look)
            missed = sorted(shown() - found)
            sys.stdout.write(f"{len(found)} pages, {look.scheme}, {look.size}; not found: {missed or 'none'}\n")
        await close_keys(http)
        await browser.close()


def main() -> None:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--look", action="append", help="such as light-desk; all four, where none is named")
    said = parser.parse_args()
    looks = [Look(scheme, size) for size in SIZES for scheme in SCHEMES]
    chosen = [look for look in looks if said.look is None or f"{look.scheme}-{look.size}" in said.look]
    asyncio.run(run(said.url.rstrip("/"), said.name, said.password, chosen))


if __name__ == "__main__":
    main()
