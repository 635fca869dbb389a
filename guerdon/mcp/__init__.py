"""Tools for assistants, by the Model Context Protocol, over the native API and with a key of the shop's own.

    assistant ──► tool ──► guerdon.client ──► /v1

reading     look at members, points, redemptions, orders, events, and why something was refused
writing     change something: first as a rehearsal, then with the token that the rehearsal gave
rehearsals  which token stands for what
api         requests that name their tool, so that the history of requests shows who did what
server      the tools, as a server on standard input and output

What the key may not do no tool does. Tools that write are there only where they were asked for.
"""
