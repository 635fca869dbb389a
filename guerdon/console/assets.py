"""The files that the console's pages load: its own, and those that npm fetched when the package was built."""

from pathlib import Path

from litestar import Response, get

from guerdon.docs import assets
from guerdon.docs.assets import Asset, sent
from guerdon.docs.page import AnyRequest

OWN = Path(__file__).parent / "assets"


def found(name: str) -> Asset | None:
    """The file of this name; None where there is none, or where it was not fetched."""
    return assets.found(name, OWN)


def versioned(name: str) -> str:
    """Its address, which is another one when the file is."""
    asset = found(name)
    return f"/console/assets/{name}" + ("" if asset is None else f"?v={asset.version}")


@get("/console/assets/{name:str}", sync_to_thread=False)
def asset(request: AnyRequest) -> Response[bytes]:
    """A file."""
    wanted = found(request.path_params["name"])
    if wanted is None:
        return Response(b"", status_code=404)
    return sent(wanted, request.headers, lasting="v" in request.query_params)
