"""Every "no" that Guerdon says, in one tree. A refusal is an answer, never a bug: bugs are assertions.

    Refusal
    ├── BadRequest (400)            the request cannot be read
    │   └── BadField · FileUnreadable · ActivityUnknown
    ├── VersionUnknown (400)
    ├── Unauthenticated (401)       CustomerTokenMissing · CustomerTokenInvalid · SignedOut
    │                               · CodeWrong · SignOnRefused
    ├── SignInOver (401)
    ├── NotAllowed (403)            ScopeMissing · OtherMerchant
    │                               · NotForBrowsers · NotForServers · NotForLive · OtherCustomer · OriginNotAllowed
    │                               · PermissionMissing · FormOutdated · SecondFactorNeeded · OperatorShared
    ├── NotFound (404)              MemberNotFound (Stranger) · RuleNotFound · RedemptionNotFound
    │                               · EarningRuleNotFound · MerchantNotFound · PageNotFound
    │                               · RequestNotFound · OperatorNotFound · InvitationOver · AuditEntryNotFound
    │                               · ImportNotFound · ExportNotFound · TierNotFound
    │                               · MergeNotFound · HouseholdNotFound · MovingRuleNotFound
    │                               · ActivityNotFound · AdjustmentNotFound · EndpointNotFound
    │                               · TargetNotFound · FilterNotFound · EventNotFound
    │                               · DeliveryNotFound · ApiKeyNotFound
    │                               · AccountNotFound · EntryNotFound · MovementNotFound · ReferralNotFound
    │                               · OrderNotFound · ReturnNotFound · CouponNotFound · DecisionNotFound
    │                               · ProofNotFound
    ├── MethodNotAllowed (405)
    ├── Conflict (409)              KeyInFlight · VersionConflict · NameTaken
    │                               · ImportDiffers · ImportUndone · ImportBusy · ImportStopped
    │                               · ImportInOtherState · ImportTwice · ExportNotReady
    │                               · MemberBusy · PaymentReused · TooManyEndpoints
    │                               · IdentityTaken
    │                               · ClockMoved · LastOwner
    ├── Outdated (412)
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
    │   ├── SameMember · LastIdentity · MemberMerged · MemberErased · MergeFinal · WindowClosed
    │   ├── InHousehold · NotInHousehold · OwnerNeeded · HouseholdFull
    │   ├── NotEnoughPoints
    │   ├── SoldOut                 StockGone · BudgetGone · PoolEmpty
    │   ├── NotAPool · CodeTaken · CouponNotIssued · RedemptionOver
    │   ├── ActivityDiffers · ActivityInFuture · ActivityTooOld · ActivityDecided
    │   ├── ProposalEnded · SecondPersonNeeded · NoReferralProgramme · SharesCap
    │   ├── CouponDiffers · CouponElsewhere · TierEndsTooSoon
    │   ├── TimeNotAhead · TooFarAhead
    │   ├── CodesOn · CodesOff
    │   └── ImportUnproven · ImportHasBadRows · PointsSpent · MemberCodeInvalid
    ├── Locked (423)                RuleLocked
    ├── RateLimited (429)           SignInWait
    ├── ServerFault (500)
    └── Outage (503)                Busy · DatabaseAway · ShuttingDown

The docstring of a refusal is its sentence, filled in from its facts. Its code is its name in snake_case,
and never changes. Each area of the programme keeps its own in a module here; `base` has those of any request.
"""
