"""Which outputs does a node keep away from the engine's decision, and until when by its own clock?"""

from __future__ import annotations

from collections.abc import Collection

from safety.output_records import BypassOrder, BypassState


class BypassBook:
    """The bypasses of one node. All times are nanoseconds of the node's monotonic clock.

    An order begins once, however often it arrives, and a running one is not prolonged: a longer bypass is a
    new one with a new reason. At most one bypass an output.

    Args:
        contacts: the node's contacts.
        max_ns: longest time of a bypass, by the node's own site file; 0: none is taken.
    """

    def __init__(self, contacts: Collection[str], max_ns: int) -> None:
        self._names = frozenset(contacts)
        self._max_ns = max_ns
        self._taken: set[str] = set()
        self._running: dict[str, tuple[BypassOrder, int]] = {}

    def take(self, order: BypassOrder, now_ns: int) -> str:
        """Begin or end a bypass. Returns why it was not taken, or an empty string."""
        if order.id in self._taken:
            return "it was taken before"
        self._taken.add(order.id)
        checks = (
            (order.contact not in self._names, "it is of no contact of this node"),
            (order.for_ns > self._max_ns, "it is longer than the site's policy allows"),
            (order.for_ns > 0 and not (order.reason.strip() and order.by), "it names no reason or nobody"),
            (order.for_ns > 0 and order.contact in self.contacts(now_ns), "another one is running"),
        )
        for bad, reason in checks:
            if bad:
                return reason
        if order.for_ns > 0:
            self._running[order.contact] = (order, now_ns + order.for_ns)
        else:
            self._running.pop(order.contact, None)
        return ""

    def contacts(self, now_ns: int) -> frozenset[str]:
        """The contacts that are bypassed at this moment."""
        over = [name for name, (_, until_ns) in self._running.items() if now_ns >= until_ns]
        for name in over:
            del self._running[name]
        return frozenset(self._running)

    def states(self, now_ns: int) -> tuple[BypassState, ...]:
        """Every running bypass, for the node's report."""
        return tuple(
            BypassState(
                id=order.id,
                contact=name,
                by=order.by,
                reason=order.reason,
                left_s=max(0.0, (until_ns - now_ns) / 1e9),
            )
            for name, (order, until_ns) in sorted(self._running.items())
        )

    def clear(self) -> None:
        """End them all: the node is no longer told what to do, or has a fault."""
        self._running.clear()
