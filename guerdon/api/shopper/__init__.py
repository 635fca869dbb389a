"""`/shopper/v1`: what a page shows one customer of their own, asked from that page with a publishable key and a token.

contract    who asks: a key that may lie in a page's source, and whom the merchant's server has signed for
programme   what everybody sees               overview      what one member has, can redeem, and is missing
earnings    what a basket would earn          redemptions   redeem, once
history     what happened to the points       card          a code for the till

Nothing here has rules of its own: everything is asked of what the native API asks.
"""
