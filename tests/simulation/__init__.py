"""A year of a programme, played from a seed: against the engine, with faults, and against an auditor beside it.

script    what may happen, as plain values: the terms of the programme, deliveries and nights
draw      draws the script of a year from a seed
auditor   works out from the script alone what every member must have: with a ledger, ranks, coupons and sales of
          its own, and nothing of guerdon
play      plays the script on two engines and their workers, and breaks something now and then
year      both together, tick by tick, with what they disagree about
"""
