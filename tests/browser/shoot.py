"""`make screenshots`: every page of the console as it looks, light and dark, at a desk and on a telephone.

    python -m tests.browser.shoot --url http://127.0.0.1:8080 --name admin --password …

The server is one with something to see, such as `guerdon demo`. Pictures go to .guerdon-screenshots.
"""

import argparse
import asyncio
import shutil
import sys
from pathlib import Path

from playwright.async_api import Browser, Error, async_playwright

from tests.browser.crawl import every_page, readable

FOLDER = Path(__file__).parent.parent.parent / ".guerdon-screenshots" / "console"
SIZES = {"desk": (1400, 900), "phone": (375, 740)}
SETTLED_MS = 300
GROWTHS = 20


def tell(error: Error) -> None:
    """What went wrong in a page."""
    sys.stderr.write(f"{error}\n")


async def shoot(browser: Browser, url: str, name: str, password: str, scheme: str, size: str) -> set[str]:
    """Every page in one look; returns the kinds of pages that were found."""
    width, height = SIZES[size]
    found = set[str]()
    async with await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme) as context:  # pyright: ignore[reportArgumentType]  light or dark
        page = await context.new_page()
        page.on("pageerror", tell)
        await page.goto(f"{url}/console/sign-in")
        await page.screenshot(path=FOLDER / f"sign-in.{size}.{scheme}.png")
        await page.fill("#username", name)
        await page.fill("#password", password)
        await page.click("main button.primary")
        await page.wait_for_url(lambda address: "sign-in" not in address)
        async for kind in every_page(page, url, also=("/console/components",)):
            found.add(kind)
            await page.wait_for_timeout(SETTLED_MS)
            for _ in range(GROWTHS):  # the window is as tall as the page, and tables grow with the window
                tall = await page.evaluate("document.documentElement.scrollHeight")
                await page.set_viewport_size({"width": width, "height": max(tall, height)})
            called = kind.removeprefix("/console").strip("/").replace("/", "-").replace("{", "").replace(":str}", "")
            await page.screenshot(path=FOLDER / f"{called or 'home'}.{size}.{scheme}.png", full_page=True)
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                sys.stderr.write(f"{page.url} is too wide for a {size}\n")
            await page.set_viewport_size({"width": width, "height": height})
    return found


async def run(url: str, name: str, password: str, looks: list[tuple[str, str]]) -> None:
    """All looks, one after the other."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme, size in looks:
            found = await shoot(browser, url, name, password, scheme, size)
            sys.stdout.write(f"{len(found)} pages, {scheme}, {size}; not found: {sorted(readable() - found)}\n")
        await browser.close()


def main() -> None:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--look", action="append", help="such as light-desk; all four, where none is named")
    said = parser.parse_args()
    looks = [(scheme, size) for size in SIZES for scheme in ("light", "dark")]
    chosen = [look for look in looks if said.look is None or "-".join(look) in said.look]
    asyncio.run(run(said.url.rstrip("/"), said.name, said.password, chosen))


if __name__ == "__main__":
    main()
