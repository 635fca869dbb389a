"""Whole points from exact ones: the sum is rounded once, and the shares add up to it (behaviour 16). Pure."""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from guerdon.earning.rule import Rounding


def whole_shares(shares: Sequence[int | Fraction], rounding: Rounding) -> list[int]:
    """Each share as whole points, rounded down, or up where what it loses by that is among the largest.

    The result adds up to the rounded sum. Of equal losses the first is made good first.
    """
    unit = lcm(*(share.denominator for share in shares))
    whole: list[int] = []
    lost: list[int] = []
    for share in shares:
        points, rest = divmod(share.numerator * (unit // share.denominator), unit)
        whole.append(points)
        lost.append(rest)
    total = sum(lost)
    if not total:
        return whole
    match rounding:
        case Rounding.DOWN:
            left = total // unit
        case Rounding.NEAREST:
            left = (2 * total + unit) // (2 * unit)
        case Rounding.UP:
            left = -(-total // unit)
    for place in sorted(range(len(whole)), key=lost.__getitem__, reverse=True)[:left]:
        whole[place] += 1
    return whole
