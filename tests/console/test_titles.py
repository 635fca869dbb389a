"""Rewards that nobody named, as each language calls them."""

import pytest
from babel import Locale

from guerdon.console.titles import title_of
from guerdon.console.visitor import Taste
from guerdon.rewards.rule import Category, Pricing, RedemptionRule, RewardKind
from guerdon.rewards.wording import rule_title

ENGLISH, GERMAN = Taste("en", Locale.parse("en_US"), ""), Taste("de", Locale.parse("de"), "")


@pytest.mark.parametrize(
    ("terms", "german"),
    [
        (RedemptionRule(points=500, amount_minor=500, currency="USD"), "5,00 $ Rabatt"),
        (
            RedemptionRule(points=500, amount_minor=500, currency="EUR", category=Category.PAY_BALANCE),
            "5,00 € auf die Rechnung",
        ),
        (
            RedemptionRule(points=500, amount_minor=1234500, currency="EUR", category=Category.GIFT_CARDS),
            "Geschenkkarte über 12.345,00 €",
        ),
        (
            RedemptionRule(points=500, amount_minor=500, currency="EUR", category=Category.DONATE_TO_CHARITY),
            "Spende von 5,00 €",
        ),
        (
            RedemptionRule(
                points=100, reward=RewardKind.PERCENTAGE, percentage_hundredths=1250, currency="USD"
            ),
            "12,5 % Rabatt",
        ),
        (RedemptionRule(points=100, reward=RewardKind.FREE_SHIPPING, currency="USD"), "Kostenloser Versand"),
        (
            RedemptionRule(points=100, reward=RewardKind.FREE_PRODUCT, product_id="mug", currency="USD"),
            "Gratisprodukt",
        ),
        (
            RedemptionRule(points=1000, pricing=Pricing.VARIABLE, amount_minor=100, currency="USD"),
            "1,00 $ Rabatt je 1.000 Punkte",
        ),
        (
            RedemptionRule(points=1, pricing=Pricing.VARIABLE, amount_minor=100, currency="USD"),
            "1,00 $ Rabatt je Punkt",
        ),
        (RedemptionRule(points=100, amount_minor=100, currency="USD", name="A coffee"), "A coffee"),
    ],
)  # fmt: skip
def test_a_reward_without_a_name_is_called_as_the_language_does(terms: RedemptionRule, german: str):
    assert title_of(terms, GERMAN).replace("\N{NO-BREAK SPACE}", " ") == german
    if terms.currency == "USD":
        assert title_of(terms, ENGLISH) == rule_title(terms)
