"""Runs the tap as it is published, in its own environment; only the one address that it knows is another.

GUERDON_URL=http://localhost:8080 python tap.py --config config.json --discover
"""

import os
from importlib import import_module
from typing import Any

# It lives in the environment of the clients, where this runs, and not in ours.
tap: Any = import_module("tap_swellrewards")
tap.streams.SwellRewardsStream.BASE_URL = os.environ["GUERDON_URL"] + "/api/v2"
tap.main()
