"""The message that comes with every answer to a write, and with every refusal.

Clients tell messages apart by `code`. The contract's public pages show one, "38"; the others are ours, and count from
1000 so that none can be mistaken for one of the contract that we have not seen. A code never changes its meaning, and
is never given to another: `SUCCESSES` and `CODES` are the table, and a test keeps it as it was.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from guerdon.errors.base import Refusal
from guerdon.points.values import POINTS_MAX

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SUCCESSES: dict[str, str] = {
    "REDEMPTION_RULE_CREATION_SUCCESS": "38",
    "REDEMPTION_RULE_UPDATE_SUCCESS": "1001",
    "REDEMPTION_RULE_STATUS_UPDATE_SUCCESS": "1002",
    "BUY_GIFT_TRANSFER_RULE_UPDATE_SUCCESS": "1003",
    "ISSUANCE_RULE_CREATION_SUCCESS": "1004",
    "ISSUANCE_RULE_UPDATE_SUCCESS": "1005",
    "ISSUANCE_RULE_STATUS_UPDATE_SUCCESS": "1006",
    "RULE_LOCK_SUCCESS": "1007",
    "RULE_UNLOCK_SUCCESS": "1008",
}

CODES: dict[str, str] = {
    "BadRequest": "1100",
    "BadField": "1101",
    "BodyTooLarge": "1102",
    "Unauthenticated": "1110",
    "OtherMerchant": "1111",
    "ScopeMissing": "1112",
    "NotAllowed": "1113",
    "RuleNotFound": "1120",
    "MethodNotAllowed": "1121",
    "EarningRuleNotFound": "1122",
    "MovingRuleNotFound": "1123",
    "MerchantNotFound": "1124",
    "PageNotFound": "1125",
    "NotFound": "1129",
    "VersionConflict": "1130",
    "RuleLocked": "1131",
    "Locked": "1132",
    "Conflict": "1133",
    "KeyInFlight": "1134",
    "KeyReused": "1135",
    "NameTaken": "1136",
    "CurrencyNotAccepted": "1140",
    "Unprocessable": "1149",
    "Outage": "1190",
    "Busy": "1191",
    "DatabaseAway": "1192",
    "ShuttingDown": "1193",
    "Refusal": "1199",
    "MemberNotFound": "1200",
    "IdentityConflict": "1201",
    "BalanceTooLarge": "1202",
    "NotEnoughPoints": "1203",
    "RedemptionNotFound": "1220",
    "PointsRequired": "1221",
    "PointsOffStep": "1222",
    "PointsBelowMinimum": "1223",
    "PointsNotFixed": "1224",
    "Ineligible": "1225",
    "RuleDisabled": "1226",
    "RuleNotStarted": "1227",
    "RuleEnded": "1228",
    "MemberSuspended": "1229",
    "NotOptedIn": "1230",
    "TierTooLow": "1231",
    "TierDiffers": "1232",
    "TagMissing": "1233",
    "ChannelDiffers": "1234",
    "CartTooSmall": "1235",
    "CapReached": "1236",
    "TransactionCap": "1237",
    "DayCap": "1238",
    "MemberCap": "1239",
    "SoldOut": "1240",
    "StockGone": "1241",
    "BudgetGone": "1242",
    "CouponDiffers": "1243",
    "Stranger": "1300",
    "OrderOfAnother": "1301",
    "ReturnDiffers": "1302",
    "ReturnCurrencyDiffers": "1303",
    "ItemUnknown": "1304",
    "ActivityUnknown": "1320",
    "ActivityNotFound": "1321",
    "AdjustmentNotFound": "1322",
    "ActivityDiffers": "1323",
    "ActivityInFuture": "1324",
    "ActivityTooOld": "1325",
    "ActivityDecided": "1326",
    "ProposalEnded": "1327",
    "SecondPersonNeeded": "1328",
    "MovingOff": "1340",
    "PartySuspended": "1341",
    "PartyNotOptedIn": "1342",
    "SpendingNotAllowed": "1343",
    "OneAccount": "1344",
    "MovesTooFew": "1345",
    "MovesOffStep": "1346",
    "MovesTooMany": "1347",
    "YearCap": "1348",
    "PaymentReused": "1349",
    "MergeNotFound": "1360",
    "HouseholdNotFound": "1361",
    "SameMember": "1362",
    "MemberMerged": "1363",
    "MemberErased": "1364",
    "MergeFinal": "1365",
    "WindowClosed": "1366",
    "InHousehold": "1367",
    "NotInHousehold": "1368",
    "OwnerNeeded": "1369",
    "HouseholdFull": "1370",
    "MemberBusy": "1371",
    "NoReferralProgramme": "1380",
    "SharesCap": "1381",
    "TierNotFound": "1390",
    "TierEndsTooSoon": "1391",
    "FileUnreadable": "1400",
    "ImportNotFound": "1401",
    "ImportDiffers": "1402",
    "ImportUndone": "1403",
    "ImportBusy": "1404",
    "ImportUnproven": "1405",
    "PointsSpent": "1406",
    "CustomerTokenMissing": "1420",
    "CustomerTokenInvalid": "1421",
    "NotForBrowsers": "1422",
    "OtherCustomer": "1423",
    "OriginNotAllowed": "1424",
    "RequestNotFound": "1425",
    "EndpointNotFound": "1426",
    "TooManyEndpoints": "1427",
    "PoolEmpty": "1428",
    "NotAPool": "1429",
    "CodeTaken": "1430",
    "CouponNotIssued": "1431",
    "RedemptionOver": "1432",
    "RateLimited": "1433",
    "AccountNotFound": "1434",
    "EntryNotFound": "1435",
    "MovementNotFound": "1436",
    "ReferralNotFound": "1437",
    "IdentityTaken": "1438",
    "Outdated": "1439",
    "LastIdentity": "1440",
    "TargetNotFound": "1441",
    "FilterNotFound": "1442",
    "EventNotFound": "1460",
    "DeliveryNotFound": "1461",
    "ApiKeyNotFound": "1462",
    "NotForLive": "1463",
    "ClockMoved": "1464",
    "TimeNotAhead": "1465",
    "TooFarAhead": "1466",
    "VersionUnknown": "1467",
    "DecisionNotFound": "1468",
    "OrderNotFound": "1469",
    "ReturnNotFound": "1470",
    "CouponNotFound": "1471",
    "CouponElsewhere": "1472",
    "ServerFault": "1473",
    "SignInWait": "1480",
    "SecondFactorNeeded": "1481",
    "CodeWrong": "1482",
    "SignInOver": "1483",
    "SignOnRefused": "1484",
    "InvitationOver": "1485",
    "OperatorNotFound": "1486",
    "AuditEntryNotFound": "1487",
    "LastOwner": "1488",
    "OperatorShared": "1489",
    "CodesOn": "1490",
    "CodesOff": "1491",
    "SignedOut": "1492",
    "NotForServers": "1493",
    "PermissionMissing": "1494",
    "FormOutdated": "1495",
    "ExportNotFound": "1496",
    "ProofNotFound": "1497",
    "ImportStopped": "1498",
    "ImportInOtherState": "1499",
    "ImportTwice": "1500",
    "ExportNotReady": "1501",
    "MemberCodeInvalid": "1502",
    "ImportHasBadRows": "1503",
}
"""Every refusal by its name: those that any request can meet from 1100, those of the books, rewards and so on above. A
refusal that is not here has the code of the nearest kind above it in the tree.
"""


class Kind(Struct, frozen=True):
    """SUCCESS or ERROR."""

    name: str


class Message(Struct, frozen=True):
    """What became of a request. A success is described by its name, a refusal by a sentence for whoever reads it."""

    code: str
    type: Kind
    include_i_icon: bool
    description: str
    parameters: dict[str, Any] | None


def done(success: str) -> Message:
    """A success, by its name."""
    return Message(SUCCESSES[success], Kind("SUCCESS"), False, success, None)


CREATED = done("REDEMPTION_RULE_CREATION_SUCCESS")
UPDATED = done("REDEMPTION_RULE_UPDATE_SUCCESS")
STATUS_UPDATED = done("REDEMPTION_RULE_STATUS_UPDATE_SUCCESS")
TRANSFER_RULE_UPDATED = done("BUY_GIFT_TRANSFER_RULE_UPDATE_SUCCESS")
ISSUANCE_CREATED = done("ISSUANCE_RULE_CREATION_SUCCESS")
ISSUANCE_UPDATED = done("ISSUANCE_RULE_UPDATE_SUCCESS")
ISSUANCE_STATUS_UPDATED = done("ISSUANCE_RULE_STATUS_UPDATE_SUCCESS")
LOCKED = done("RULE_LOCK_SUCCESS")
UNLOCKED = done("RULE_UNLOCK_SUCCESS")


def refused(refusal: Refusal) -> Message:
    """A no: its sentence, and the facts behind it as `parameters`."""
    kinds = (kind for kind in type(refusal).__mro__ if issubclass(kind, Refusal))
    code = next(CODES[kind.__name__] for kind in kinds if kind.__name__ in CODES)
    facts = {_camel(name): _shown(value) for name, value in refusal.facts.items()}
    return Message(code, Kind("ERROR"), False, refusal.sentence, facts)


def milliseconds(moment: datetime) -> int:
    """A time as this contract writes it: whole milliseconds since 1970."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


def _shown(value: Any) -> Any:
    """Times as everywhere here, and numbers that no reader of JSON can hold as texts."""
    if isinstance(value, datetime):
        return milliseconds(value)
    return str(value) if isinstance(value, int) and abs(value) > POINTS_MAX else value
