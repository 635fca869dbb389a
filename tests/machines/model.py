"""The programme as a few sums: what members have, and where each redemption stands. It shares no code with the engine.

It knows nothing of lots, since nothing expires here but holds: then what a member has is plain addition.
"""

from dataclasses import dataclass, field

MEMBERS = ("ana@example.com", "ben@example.com")
HOLD_DAYS = 30

COUNTED = ("held", "captured", "redeemed")


@dataclass
class Reward:
    """A redemption with its coupon; `order` is the one that its coupon is bound to."""

    redemption_id: int
    code: str
    owner: str
    points: int
    state: str
    capped: bool
    made_on: int
    used: bool = False
    order: int | None = None
    taken: str = field(init=False)
    """What it is once an order has taken its points, also anew."""

    def __post_init__(self) -> None:
        """One that took its points at once stays so."""
        self.taken = "redeemed" if self.state == "redeemed" else "captured"


@dataclass
class Model:
    """What members have, after so many days."""

    available: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEMBERS, 0))
    held: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEMBERS, 0))
    rewards: list[Reward] = field(default_factory=list[Reward])
    orders: dict[int, list[Reward]] = field(default_factory=dict[int, list[Reward]])
    day: int = 0

    def counted(self, owner: str) -> int:
        """How many redemptions of the capped rule count for a member."""
        return sum(reward.owner == owner and reward.capped and reward.state in COUNTED for reward in self.rewards)

    def redeem(self, reward: Reward) -> None:
        """Points leave, or are held."""
        self.available[reward.owner] -= reward.points
        if reward.state == "held":
            self.held[reward.owner] += reward.points
        self.rewards.append(reward)

    def cancel(self, reward: Reward) -> None:
        """By hand: the coupon is bound to no order any more."""
        if reward.state in COUNTED:
            self._give_back(reward, "cancelled")
            reward.order = None

    def expire(self, reward: Reward) -> None:
        """A hold whose days are over."""
        if reward.state == "held" and self.day > reward.made_on + HOLD_DAYS:
            self._give_back(reward, "expired")

    def report(self, order: int, buyer: str, status: str, named: list[Reward]) -> None:
        """An order is told of; it keeps the coupons that it named before."""
        rewards = self.orders.setdefault(order, [])
        rewards += [reward for reward in named if reward not in rewards]
        for reward in rewards:
            if status == "cancelled":
                if reward.order == order and reward.state in COUNTED:
                    self._give_back(reward, "cancelled")
            elif not reward.used and reward.owner == buyer:
                self.expire(reward)
                self._take(reward, order, paid=status == "paid")

    def _take(self, reward: Reward, order: int, *, paid: bool) -> None:
        if reward.state == "cancelled" and reward.order != order:
            return
        comes_back = reward.state in ("cancelled", "expired")
        if not paid:
            reward.order = order
        elif not comes_back or self.available[reward.owner] >= reward.points:
            if reward.state == "held":
                self.held[reward.owner] -= reward.points
            if comes_back:
                self.available[reward.owner] -= reward.points
            reward.state, reward.used, reward.order = reward.taken, True, order

    def _give_back(self, reward: Reward, state: str) -> None:
        if reward.state == "held":
            self.held[reward.owner] -= reward.points
        self.available[reward.owner] += reward.points
        reward.state, reward.used = state, False
