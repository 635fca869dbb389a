"""Every "no" that Guerdon says, in one tree. A refusal is an answer, never a bug: bugs are assertions.

    Refusal
    ├── BadRequest (400)            the request cannot be read
    │   └── BadField · FileUnreadable · ActivityUnknown
    ├── Unauthenticated (401)
    ├── NotAllowed (403)            ScopeMissing · OtherMerchant
    ├── NotFound (404)              MemberNotFound (Stranger) · RuleNotFound · RedemptionNotFound
    │                               · EarningRuleNotFound · MerchantNotFound · PageNotFound
    │                               · ImportNotFound · TierNotFound
    │                               · MergeNotFound · HouseholdNotFound · MovingRuleNotFound
    │                               · ActivityNotFound · AdjustmentNotFound
    ├── MethodNotAllowed (405)
    ├── Conflict (409)              KeyInFlight · VersionConflict · NameTaken
    │                               · ImportDiffers · ImportUndone · ImportBusy
    │                               · MemberBusy · PaymentReused
    ├── BodyTooLarge (413)
    ├── Unprocessable (422)         the request is clear, and the answer is no
    │   ├── KeyReused · IdentityConflict · OrderOfAnother
    │   │   · ReturnDiffers · ReturnCurrencyDiffers · ItemUnknown
    │   ├── CurrencyNotAccepted · BalanceTooLarge
    │   ├── PointsRequired · PointsOffStep · PointsBelowMinimum · PointsNotFixed
    │   ├── Ineligible              RuleDisabled · RuleNotStarted · RuleEnded · MemberSuspended · NotOptedIn
    │   │                           · TierTooLow · TierDiffers · TagMissing · ChannelDiffers · CartTooSmall
    │   │                           · MovingOff · PartySuspended · PartyNotOptedIn · SpendingNotAllowed
    │   ├── CapReached              TransactionCap · DayCap · MemberCap · MovesTooMany · YearCap
    │   ├── OneAccount · MovesTooFew · MovesOffStep
    │   ├── SameMember · MemberMerged · MemberErased · MergeFinal · WindowClosed
    │   ├── InHousehold · NotInHousehold · OwnerNeeded · HouseholdFull
    │   ├── NotEnoughPoints
    │   ├── SoldOut                 StockGone · BudgetGone
    │   ├── ActivityDiffers · ActivityInFuture · ActivityTooOld · ActivityDecided
    │   ├── ProposalEnded · SecondPersonNeeded · NoReferralProgramme · SharesCap
    │   ├── CouponDiffers · TierEndsTooSoon
    │   └── ImportUnproven · PointsSpent
    ├── Locked (423)                RuleLocked
    └── Outage (503)                Busy · DatabaseAway · ShuttingDown

The docstring of a refusal is its sentence, filled in from its facts. Its code is its name in snake_case,
and never changes. Each area of the programme keeps its own in a module here; `base` has those of any request.
"""
