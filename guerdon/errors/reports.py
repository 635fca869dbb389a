"""Refusals about proofs of the books."""

from dataclasses import dataclass

from guerdon.errors.base import NotFound


@dataclass(eq=False)
class ProofNotFound(NotFound):
    """There is no proof {proof_id}."""

    proof_id: int
