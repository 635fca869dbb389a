"""`python -m guerdon.docs.build`, without the registry: what it makes, checks, and says where it cannot."""

import base64
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from guerdon.docs import build
from guerdon.docs.build import Package, Unbuildable

CONTENT = b"window.Scalar = {};"


def archive(content: bytes = CONTENT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as opened:
        entry = tarfile.TarInfo("package/dist/one.js")
        entry.size = len(content)
        opened.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with one package, and one guide."""
    packed = archive()
    pin = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()
    monkeypatch.setattr(build, "packages", lambda: [Package("@ours/one", "1.0.0", pin, "dist/one.js", "one.js")])
    (tmp_path / "cache").mkdir()
    (tmp_path / "guides").mkdir()
    (tmp_path / "cache" / "ours-one-1.0.0.tgz").write_bytes(packed)
    (tmp_path / "guides" / "first.md").write_text("# First\n\nWhat it is for.\n")
    return tmp_path


def built(folders: Path) -> list[str]:
    return build.build(folders / "cache", folders / "guides", folders / "built")


def test_what_was_fetched_is_built_once(folders: Path):
    assert built(folders) == ["guides/first.md", "one.js"]
    assert (folders / "built" / "one.js").read_bytes() == CONTENT
    assert (folders / "built" / "guides" / "first.md").read_text().startswith("# First")
    assert built(folders) == []
    (folders / "guides" / "first.md").write_text("# First\n\nMended.\n")
    assert built(folders) == ["guides/first.md"]
    (folders / "guides" / "first.md").rename(folders / "guides" / "second.md")
    assert built(folders) == ["guides/second.md"]
    assert [file.name for file in (folders / "built" / "guides").iterdir()] == ["second.md"]


def test_another_archive_than_the_pinned_one_is_thrown_away(folders: Path):
    other = folders / "cache" / "ours-one-1.0.0.tgz"
    other.write_bytes(archive(b"something else"))
    with pytest.raises(Unbuildable, match=r"not what packages\.json pins"):
        built(folders)
    assert not other.exists()
    assert not (folders / "built" / "one.js").exists()


def test_where_it_cannot_be_had_a_demo_goes_on_and_a_build_fails(
    folders: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def fail() -> list[str]:
        raise Unbuildable("There is no npm.")

    monkeypatch.setattr(build, "build", fail)
    assert build.main(["--if-possible"]) == 0
    assert build.main([]) == 1
    assert capsys.readouterr().err.count("The reference at /docs was not built: There is no npm.") == 2


def test_what_is_pinned_has_its_licence_in_the_package():
    for package in build.packages():
        name = package.built_as.partition(".")[0]
        licence = (build.HERE / "licences" / f"{name}.txt").read_text("utf-8")
        assert "hereby granted" in licence, package.name
