"""What axe-core finds on the console's pages: nothing serious, in light and dark."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.scenes import Stage

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe here: accessibility was not checked")
PLAIN = ("", "/activity", "/activity/20", "/agents", "/sessions", "/delegations", "/policy", "/stops")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_found(open_page: Callable[..., Any], staged: Stage, scheme: str) -> None:
    page = open_page(scheme=scheme)
    approvals = {name: f"/approvals/{staged.waiting[name]}" for name in ("pipe", "mail", "push")}
    paths = [*PLAIN, *approvals.values(), f"{approvals['mail']}/edit", f"{approvals['push']}/delegation", "/sign-in"]
    found = []
    for path in paths:
        page.goto(f"/console{path}")
        # The dark pages are the same ones in other colours.
        rules = {} if scheme == "light" else {"runOnly": ["color-contrast"]}
        violations = axe.Axe().run(page, options=rules).response["violations"]
        found += [
            f"{path or '/'}: {one['id']} ({one['impact']}) {node['html'][:160]} {node['failureSummary'][-160:]}"
            for one in violations
            for node in one["nodes"]
            if one["impact"] in ("serious", "critical")
        ]
    assert found == []
