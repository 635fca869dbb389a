"""Every "no" that Guerdon says, in one tree. A refusal is an answer, never a bug: bugs are assertions.

    Refusal
    ├── BadRequest (400)            the request cannot be read
    │   └── BadField
    ├── Unauthenticated (401)
    ├── NotAllowed (403)            ScopeMissing · OtherMerchant
    ├── NotFound (404)              MemberNotFound · RuleNotFound · RedemptionNotFound
    │                               · MerchantNotFound · PageNotFound
    ├── MethodNotAllowed (405)
    ├── Conflict (409)              KeyInFlight · VersionConflict · NameTaken
    ├── BodyTooLarge (413)
    ├── Unprocessable (422)         the request is clear, and the answer is no
    │   ├── KeyReused · IdentityConflict · OrderOfAnother
    │   ├── CurrencyNotAccepted · BalanceTooLarge
    │   ├── PointsRequired · PointsOffStep · PointsBelowMinimum · PointsNotFixed
    │   ├── Ineligible              RuleDisabled · RuleNotStarted · RuleEnded · MemberSuspended · NotOptedIn
    │   │                           · TierTooLow · TierDiffers · TagMissing · ChannelDiffers · CartTooSmall
    │   ├── CapReached              TransactionCap · DayCap · MemberCap
    │   ├── NotEnoughPoints
    │   ├── SoldOut                 StockGone · BudgetGone
    │   └── CouponDiffers
    ├── Locked (423)                RuleLocked
    └── Outage (503)                Busy · DatabaseAway · ShuttingDown

The docstring of a refusal is its sentence, filled in from its facts. Its code is its name in snake_case,
and never changes. Each area of the programme keeps its own in a module here; `base` has those of any request.
"""
