"""Webhooks: events go to the addresses that asked for them, at least once, for days if need be.

    relay ──► log of events ──► lane of an endpoint: claim, or fan out ─► sign, post ─► save ──► the next

endpoint   an address with the topics that it asked for, a format, and a secret
message    what an event says in a format; one event may say several things, or nothing
delivery   one message to one endpoint: waiting, then delivered, or given up after days
attempt    one request of a delivery, and how it went
line       the deliveries about one member, one after another, where an endpoint asked for that
lane       an endpoint while something is due there: each has its own, so that no endpoint holds back another
"""
