"""Why a key, or the customer in front of a page that holds one, is told no."""

from dataclasses import dataclass

from guerdon.errors.base import Conflict, NotAllowed, NotFound, Refusal, Unauthenticated, Unprocessable


@dataclass(eq=False)
class RateLimited(Refusal):
    """This key may ask {limit} times a second, and has: wait a second, then ask again."""

    status = 429
    retry = True
    retry_after_s = 1
    recorded = False
    limit: int


@dataclass(eq=False)
class CustomerTokenMissing(Unauthenticated):
    """{problem}."""


@dataclass(eq=False)
class CustomerTokenInvalid(Unauthenticated):
    """The customer token is not valid: {problem}."""


@dataclass(eq=False)
class MemberCodeInvalid(Unprocessable):
    """This member code is not valid: {problem}. The member's page shows a new one."""

    problem: str


@dataclass(eq=False)
class NotForServers(NotAllowed):
    """A secret key belongs on a server, and this is for pages: use a publishable key, which begins with gpk_."""


@dataclass(eq=False)
class NotForBrowsers(NotAllowed):
    """A publishable key may not do this: ask from your own server, with a secret key."""


@dataclass(eq=False)
class OtherCustomer(NotAllowed):
    """{field} names another customer than the token does: leave it out, or sign a token for that customer."""

    field: str


@dataclass(eq=False)
class OriginNotAllowed(NotAllowed):
    """Pages of {origin} may not use this key: those of {allowed} may."""

    origin: str
    allowed: str


@dataclass(eq=False)
class RequestNotFound(NotFound):
    """There is no request {request_id} in the history, which goes back some days only."""

    request_id: str


@dataclass(eq=False)
class ApiKeyNotFound(NotFound):
    """There is no API key {key_id}."""

    key_id: int


@dataclass(eq=False)
class VersionUnknown(Refusal):
    """{asked} is no version that is served: {known} can be named in the header Guerdon-Version."""

    status = 400
    asked: str
    known: str


@dataclass(eq=False)
class SignedOut(Unauthenticated):
    """{problem}."""


@dataclass(eq=False)
class PermissionMissing(NotAllowed):
    """As {role} you may not {permission}: an owner can give you another role."""

    role: str
    permission: str


@dataclass(eq=False)
class FormOutdated(NotAllowed):
    """This form is not from a page of yours that is still open: load the page again, and send it anew."""


@dataclass(eq=False)
class SignInWait(Refusal):
    """There were several attempts in a row that failed: wait {seconds} seconds, then try again."""

    status = 429
    retry = True
    recorded = False
    seconds: int

    @property
    def wait_s(self) -> int:
        """As long as the sentence says."""
        return self.seconds


@dataclass(eq=False)
class SecondFactorNeeded(NotAllowed):
    """{username} signs in with a code besides the password, which cannot be asked for here: use the console, or let the
    programs of this interface sign in as an operator of their own, without codes.
    """

    username: str


@dataclass(eq=False)
class CodeWrong(Unauthenticated):
    """{problem}."""


@dataclass(eq=False)
class SignInOver(Refusal):
    """This sign-in has taken too long, or was finished already: begin again."""

    status = 401


@dataclass(eq=False)
class SignOnRefused(Unauthenticated):
    """The single sign-on did not work: {problem}."""


@dataclass(eq=False)
class InvitationOver(NotFound):
    """This invitation was used, has ended, or was replaced by another: ask whoever invited you for a new one."""


@dataclass(eq=False)
class OperatorNotFound(NotFound):
    """There is no operator {operator_id} of this merchant."""

    operator_id: int


@dataclass(eq=False)
class AuditEntryNotFound(NotFound):
    """There is no entry {entry_id} in the audit trail."""

    entry_id: str


@dataclass(eq=False)
class LastOwner(Conflict):
    """{username} is the only owner who can sign in: make somebody else an owner first."""

    username: str


@dataclass(eq=False)
class OperatorShared(NotAllowed):
    """{username} works for other merchants too, so this is not yours to change: they do it themselves, or whoever runs
    the installation, with `guerdon operator`.
    """

    username: str


@dataclass(eq=False)
class CodesOn(Unprocessable):
    """Codes are asked for already: turn them off first, then on anew."""


@dataclass(eq=False)
class CodesOff(Unprocessable):
    """No code is asked for: begin with the picture that an authenticator app scans."""
