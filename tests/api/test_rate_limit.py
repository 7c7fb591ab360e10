"""A key may be given a rate: more is refused, nothing of others is taken, and a batch pays for all that it holds."""

from pathlib import Path

from app.api.rate_limit import RateLimit
from tests.api.test_problems import assert_problem
from tests.api.world import ALLOWED, bearer, world


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_rate_of_nothing_is_no_limit() -> None:
    limit = RateLimit(0, Clock())
    assert [limit.take("k") for _ in range(1_000)] == [0.0] * 1_000


def test_a_bucket_holds_one_second_and_refills_all_the_time() -> None:
    clock = Clock()
    limit = RateLimit(4, clock)
    assert [limit.take("k") for _ in range(4)] == [0.0] * 4
    assert limit.take("k") == 0.25
    clock.now = 0.25
    assert limit.take("k") == 0.0
    assert limit.take("k") > 0
    clock.now = 100.0
    assert [limit.take("k") for _ in range(4)] == [0.0] * 4
    assert limit.take("k") > 0


def test_each_key_has_a_bucket_of_its_own() -> None:
    limit = RateLimit(1, Clock())
    assert limit.take("a") == 0.0
    assert limit.take("a") > 0
    assert limit.take("b") == 0.0


def test_what_is_owed_is_paid_off_before_the_next() -> None:
    clock = Clock()
    limit = RateLimit(10, clock)
    assert limit.take("k") == 0.0
    limit.owe("k", 99)
    assert limit.take("k") == 9.1
    clock.now = 9.0
    assert limit.take("k") > 0
    clock.now = 9.2
    assert limit.take("k") == 0.0


def test_a_key_that_asks_too_often_waits(tmp_path: Path) -> None:
    with world(tmp_path, rate_limit=1) as api:
        answers = [api.client.post("/evaluate", json=ALLOWED, headers=api.pep) for _ in range(5)]
        assert answers[0].status_code == 200
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert_problem(refused, 429, "rate_limited")
        assert refused.headers["retry-after"] == "1"
        other = bearer(api.keys["other"])
        batch = api.client.post("/evaluate/batch", json={"requests": [ALLOWED] * 100}, headers=other)
        assert batch.status_code == 200
        later = api.client.get("/evaluations/x", headers=other)
        assert_problem(later, 429, "rate_limited")
        assert 95 <= int(later.headers["retry-after"]) <= 100
        assert api.client.get("/agents", headers=api.admin).status_code == 200


def test_what_is_malformed_counts_too(tmp_path: Path) -> None:
    with world(tmp_path, rate_limit=1) as api:
        statuses = [api.client.post("/evaluate", content=b"{", headers=api.pep).status_code for _ in range(5)]
        assert 429 in statuses
