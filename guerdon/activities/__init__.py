"""Anything else that members do and earn for, and what operators give or take by hand.

report        a member did something: signed up, wrote a review, came by
celebrations  birthdays and anniversaries, which the worker reports
adjust        points given or taken by hand, beyond a limit only with a second operator
"""
