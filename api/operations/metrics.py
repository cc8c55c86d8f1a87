"""Counts and times for Prometheus, by route and status. Holds no ids and nothing personal."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """One registry for each app, so that two in one process do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("lots_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "lots_request_seconds", "Time to answer.", ("method", "route"), buckets=BUCKETS, registry=self.registry
        )
        self._outbox = Gauge("lots_outbox_jobs", "Jobs in the outbox.", ("state",), registry=self.registry)
        self._held = Gauge("lots_outbox_held_jobs", "Restored jobs that wait to be released.", registry=self.registry)
        self._unsealed = Gauge("lots_audit_unsealed_rows", "Audit rows not yet in the chain.", registry=self.registry)

        self._withheld = Gauge(
            "lots_events_withheld", "Events that wait for an older transaction to end.", registry=self.registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def outbox(self, states: Mapping[str, int]) -> None:
        for state, count in states.items():
            self._outbox.labels(state).set(count)

    def keeping(self, held: int, unsealed: int, withheld: int) -> None:
        self._held.set(held)
        self._unsealed.set(unsealed)
        self._withheld.set(withheld)

    def text(self) -> bytes:
        return generate_latest(self.registry)
