"""Every setting, once, typed, with the environment variable it comes from. The command line's flags override these."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SECRET_KEY_LENGTH_MIN = 32
SIGN_ON_NAME, SIGN_ON_CLAIM = "single sign-on", "groups"
ROLES = ("owner", "manager", "support", "finance", "developer", "read_only")
"""What people may be to a merchant; guerdon/access/roles.py says what each may do."""


@dataclass(frozen=True, slots=True)
class OpenIdSettings:
    """A provider of OpenID Connect, and what it says of people that makes them operators here."""

    issuer: str
    """GUERDON_OIDC_ISSUER: the address under which its configuration is found."""
    client_id: str
    """GUERDON_OIDC_CLIENT_ID: what we are called there."""
    client_secret: str
    """GUERDON_OIDC_CLIENT_SECRET: what proves it."""
    name: str = SIGN_ON_NAME
    """GUERDON_OIDC_NAME: what the button to sign in with is called."""
    claim: str = SIGN_ON_CLAIM
    """GUERDON_OIDC_CLAIM: which of its claims says what somebody is."""
    roles: tuple[tuple[str, str, int], ...] = ()
    """GUERDON_OIDC_ROLES: what its values make of somebody, as `loyalty-admins=owner@42`, with spaces between. Without
    any, people are added by hand, and matched by their address of email."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process is to run."""

    database_url: str | None = None
    """GUERDON_DATABASE_URL: a PostgreSQL 15 or newer to use instead of the embedded one."""
    database_prepared: bool = True
    """GUERDON_DATABASE_PREPARED: `off` behind a pooler that knows no prepared statements."""
    data_dir: Path = Path(".guerdon")
    """GUERDON_DATA_DIR: where the embedded database lies."""
    database_user: str | None = None
    """GUERDON_DATABASE_USER: whom the embedded database runs as when we are root."""
    pg_bin: Path | None = None
    """GUERDON_PG_BIN: a folder of other PostgreSQL programs to embed."""
    host: str = "127.0.0.1"
    """GUERDON_HOST: the address to listen on."""
    port: int = 8080
    """GUERDON_PORT: the port to listen on."""
    workers: int = 1
    """GUERDON_WORKERS: how many processes serve."""
    jobs: bool = True
    """GUERDON_JOBS: `off` leaves the jobs of the night to `guerdon worker`."""
    request_days: int = 30
    """GUERDON_REQUEST_DAYS: how many days the history of requests goes back."""
    allow_private_urls: bool = False
    """GUERDON_ALLOW_PRIVATE_URLS: `on` lets webhooks and coupon URLs lead into the own network."""
    secret_keys: tuple[str, ...] = ()
    """GUERDON_SECRET_KEY: seals what must be read again, such as the secrets of authenticator apps: at least 32 random
    characters. Several, with spaces between, let one be replaced: the first seals, all of them open.
    """
    oidc: OpenIdSettings | None = None
    """GUERDON_OIDC_ISSUER, GUERDON_OIDC_CLIENT_ID, GUERDON_OIDC_CLIENT_SECRET, GUERDON_OIDC_NAME, GUERDON_OIDC_CLAIM,
    GUERDON_OIDC_ROLES: single sign-on to the console by OpenID Connect."""
    docs_credentials: tuple[str, ...] = ()
    """GUERDON_DOCS_CREDENTIALS: what /docs fills in for whoever opens it, of a merchant that anybody may play with: the
    GUID and a key, perhaps an operator's name and password, with spaces between."""

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings that an environment names; raises ValueError that names the variable."""
        return cls(
            database_url=environment.get("GUERDON_DATABASE_URL") or None,
            database_prepared=_on(environment, "GUERDON_DATABASE_PREPARED"),
            data_dir=Path(environment.get("GUERDON_DATA_DIR") or ".guerdon"),
            database_user=environment.get("GUERDON_DATABASE_USER") or None,
            pg_bin=Path(environment["GUERDON_PG_BIN"]) if environment.get("GUERDON_PG_BIN") else None,
            host=environment.get("GUERDON_HOST") or "127.0.0.1",
            port=_number(environment, "GUERDON_PORT", 8080, 65535),
            workers=_number(environment, "GUERDON_WORKERS", 1, 256),
            jobs=_on(environment, "GUERDON_JOBS"),
            request_days=_number(environment, "GUERDON_REQUEST_DAYS", 30, 3650),
            allow_private_urls=_on(environment, "GUERDON_ALLOW_PRIVATE_URLS", "off"),
            secret_keys=_secret_keys(environment, "GUERDON_SECRET_KEY"),
            oidc=_oidc(environment),
            docs_credentials=_credentials(environment, "GUERDON_DOCS_CREDENTIALS"),
        )


def _on(environment: Mapping[str, str], name: str, default: str = "on") -> bool:
    return (environment.get(name) or default).lower() not in ("off", "0", "false")


def _secret_keys(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    keys = tuple((environment.get(name) or "").split())
    if any(len(key) < SECRET_KEY_LENGTH_MIN for key in keys):
        raise ValueError(f"{name} is too short: at least {SECRET_KEY_LENGTH_MIN} random characters are needed")
    return keys


def _oidc(environment: Mapping[str, str]) -> OpenIdSettings | None:
    issuer = environment.get("GUERDON_OIDC_ISSUER")
    if not issuer:
        return None
    if not issuer.startswith(("https://", "http://")):
        raise ValueError(f"GUERDON_OIDC_ISSUER is {issuer!r}: an address that begins with https:// is needed")
    missing = [name for name in ("CLIENT_ID", "CLIENT_SECRET") if not environment.get(f"GUERDON_OIDC_{name}")]
    if missing:
        raise ValueError(f"GUERDON_OIDC_{missing[0]} is missing: GUERDON_OIDC_ISSUER asks for it")
    return OpenIdSettings(
        issuer=issuer,
        client_id=environment["GUERDON_OIDC_CLIENT_ID"],
        client_secret=environment["GUERDON_OIDC_CLIENT_SECRET"],
        name=environment.get("GUERDON_OIDC_NAME") or SIGN_ON_NAME,
        claim=environment.get("GUERDON_OIDC_CLAIM") or SIGN_ON_CLAIM,
        roles=tuple(map(_mapped, (environment.get("GUERDON_OIDC_ROLES") or "").split())),
    )


def _mapped(text: str) -> tuple[str, str, int]:
    """A value of a claim, and the role that it stands for at a merchant."""
    value, _, meant = text.rpartition("=")
    role, _, merchant = meant.partition("@")
    if not value or role not in ROLES or not (merchant.isascii() and merchant.isdigit()):
        raise ValueError(f"GUERDON_OIDC_ROLES has {text!r}: such as loyalty-admins=owner@42 is needed")
    return value, role, int(merchant)


def _credentials(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    words = tuple((environment.get(name) or "").split())
    if len(words) not in (0, 2, 4):
        raise ValueError(f"{name} has {len(words)} words: a GUID and a key are needed, or these, a name and a password")
    return words


def _number(environment: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= most):
        raise ValueError(f"{name} is {text!r}: a whole number from 1 to {most} is needed")
    return int(text)
