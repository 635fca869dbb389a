"""What webhooks say no to."""

from dataclasses import dataclass

from guerdon.errors.base import Conflict, NotFound


@dataclass(eq=False)
class EndpointNotFound(NotFound):
    """There is no webhook endpoint {endpoint_id}."""

    endpoint_id: int


@dataclass(eq=False)
class TooManyEndpoints(Conflict):
    """There are {endpoints_max} webhook endpoints already, which is the most: remove one that is not used."""

    endpoints_max: int


@dataclass(eq=False)
class TargetNotFound(NotFound):
    """There is no webhook target {target_id}."""

    target_id: int


@dataclass(eq=False)
class FilterNotFound(NotFound):
    """There is no webhook filter {filter_id}."""

    filter_id: int


@dataclass(eq=False)
class EventNotFound(NotFound):
    """There is no event {event_id}: events are kept for as long as the merchant's policies say."""

    event_id: str


@dataclass(eq=False)
class DeliveryNotFound(NotFound):
    """There is no delivery {delivery_id}: settled ones are kept for as long as the merchant's policies say."""

    delivery_id: str
