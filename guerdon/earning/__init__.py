"""What earns points: rules, and the pure evaluation of an order or an activity under them.

rule        the terms of one version: what earns (`earns`), for whom and when (`conditions`)
occasion    what is looked at: an order, or an activity
evaluate    rules, occasion, member → awards, with the reason of each, and why the others gave none
use         what counts towards the caps of a rule, and its budget
"""
