"""The developer portal: a start page, the reference with "Try it", guides, refusals, and all of it for machines.

build (before a wheel, npm) ─► built/ ─► assets ─► site ◄─ guides, refusals, examples, texts

Nothing here reads a merchant's rows. The pages ask the interfaces of this very server, with the key of whoever looks.
"""
