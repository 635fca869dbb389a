"""Goes through the console as a person would: from Home along every link, to one page of each kind."""

from collections.abc import AsyncIterator, Sequence

from playwright.async_api import Error, Page

from guerdon.bench.console_pages import kind_of, readable

STARTED = "Download is starting"
FOLLOWED_MAX = 400
"""More links than that are more of the same."""
DOWNLOADS = {
    "/console/imports/samples/{kind:str}",
    "/console/imports/{id:str}/bad-rows",
    "/console/members/{id:str}/export",
}
"""Behind these there is a file, and no page."""


def shown() -> set[str]:
    """The kinds of all pages that a browser shows."""
    return readable() - DOWNLOADS


async def every_page(page: Page, url: str, *, also: Sequence[str] = ()) -> AsyncIterator[str]:
    """The kind of each page, once it is open."""
    waiting, seen, asked = ["/console", *also], set[str](), set[str]()
    while waiting and len(asked) < FOLLOWED_MAX:
        address = waiting.pop(0)
        kind = kind_of(address)
        if kind is None or kind in seen or address in asked:
            continue
        asked.add(address)
        try:
            answer = await page.goto(url + address)
        except Error as error:
            if STARTED not in str(error):
                raise
            continue
        assert answer is not None
        assert answer.status == 200, (address, answer.status)
        if kind_of(page.url) != kind:
            continue  # a list that leads on to the one thing that was meant
        seen.add(kind)
        yield kind
        found: list[str] = await page.eval_on_selector_all(
            "a[href]", "links => links.map(link => link.getAttribute('href'))"
        )
        waiting += [link.partition("#")[0] for link in found if link.startswith("/console")]
