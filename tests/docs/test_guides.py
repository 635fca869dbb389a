"""The guides: what they say is done, and answers what they say."""

import os
import shutil
from pathlib import Path

import pytest

from guerdon.docs.guides import ADDRESS, GUIDES, ORDER, guides, rendered
from tests.cli.terminal import free_port
from tests.docs.walkthrough import Block, Desk, blocks, difference


def test_every_command_of_the_guides_answers_what_they_say(dsn: str, tmp_path: Path):
    if shutil.which("curl") is None and not os.environ.get("CI"):
        pytest.skip("no curl here")
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GUERDON_")}
    desk = Desk(tmp_path, free_port(), {**outside, "GUERDON_DATABASE_URL": dsn, "GUERDON_DATA_DIR": str(tmp_path)})
    try:
        for guide in guides(GUIDES):
            if guide.name in ORDER:
                desk.follow(guide)
    finally:
        desk.close()


def test_all_guides_are_there_and_say_first_what_they_are_for():
    found = {guide.name: guide for guide in guides(GUIDES)}
    assert set(ORDER) <= set(found)
    for guide in found.values():
        assert 40 < len(guide.summary) < 300, guide.name
        assert "`" not in guide.title


@pytest.mark.parametrize("name", ORDER)
def test_a_guide_is_a_page_with_chapters_and_commands_for_this_server(name: str):
    guide = next(one for one in guides(GUIDES) if one.name == name)
    html, chapters = rendered(guide, "https://points.example")
    assert ADDRESS not in html
    assert html.count("<pre>") == guide.markdown.count("\n```") // 2
    for chapter in chapters:
        assert f'<h2 id="{chapter.anchor}">' in html
    assert any(block.kind.startswith("sh") for block in blocks(guide))


@pytest.mark.parametrize(
    ("said", "told", "same"),
    [
        ('{"a": 1}', '{"a": 1, "b": 2}', True),
        ('{"a": 1}', '{"a": 2}', False),
        ('{"a": true}', '{"a": 1}', False),
        ('{"a": "…"}', '{"a": "x"}', True),
        ('{"a": "…"}', '{"a": ""}', False),
        ('[{"a": 1}]', '[{"a": 1, "b": 2}, {"a": 3}]', True),
        ('[{"a": 1}]', "[]", False),
        ('{"a": 1}', "no JSON", False),
    ],
)
def test_an_answer_is_compared_with_what_a_guide_says(said: str, told: str, same: bool):
    assert (difference(Block("json", said), told) == "") is same


def test_lines_of_an_answer_are_looked_for_in_order():
    assert difference(Block("text", "one\ntwo\n"), "zero\none and\ntwo") == ""
    assert "'one'" in difference(Block("text", "two\none\n"), "one\ntwo")
