"""Counters for Prometheus. They count; they never name an agent, a tool or a target."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """One registry for one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._decisions = Counter(
            "agent_sudo_decisions", "Decisions recorded and answered", ["decision"], registry=self._registry
        )
        self._refusals = Counter(
            "agent_sudo_refusals",
            "Requests that never became a decision",
            ["code"],
            registry=self._registry,
        )
        self._queue = Gauge("agent_sudo_ledger_queue", "Commands waiting for the next batch", registry=self._registry)
        self._counted = {
            word: self._decisions.labels(word)
            for word in ("ALLOW", "REQUIRE_APPROVAL", "REQUIRE_STRONG_APPROVAL", "DENY")
        }

    def decided(self, decision: str, count: int = 1) -> None:
        self._counted[decision].inc(count)

    def refused(self, code: str) -> None:
        """`code` is one of our own problem codes, of which there are few."""
        self._refusals.labels(code).inc()

    def page(self, queue: int) -> bytes:
        """The metrics as Prometheus reads them."""
        self._queue.set(queue)
        return generate_latest(self._registry)
