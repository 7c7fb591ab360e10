from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.asking import activate
from tests.api.world import World, world
from tests.web.browser import POLICY, Browser
from tests.web.pressing import sign_in
from tests.web.scenes import CHROMIUM, Stage, stage


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        activate(made, POLICY)
        yield made


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("console")) as made:
        activate(made, POLICY)
        yield made


@pytest.fixture(scope="module")
def admin(api: World) -> Browser:
    return Browser(api)


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A real service where much has happened."""
    with stage(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser, where there is one."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here: no browser was tried")
    if CHROMIUM is None:
        pytest.skip("no chromium here: no browser was tried")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def open_page(chromium: Any, staged: Stage) -> Iterator[Callable[..., Any]]:
    """Signed-in pages, one for each way of looking, since signing in takes a while."""
    complaints: list[str] = []
    known: dict[str, Any] = {}

    def page(*, scripts: bool = True, scheme: str = "light") -> Any:
        name = f"{scripts}-{scheme}"
        if name not in known:
            context = chromium.new_context(java_script_enabled=scripts, base_url=staged.url, color_scheme=scheme)
            context.set_default_timeout(20_000)
            made = known[name] = context.new_page()
            made.on("console", lambda message: complaints.append(message.text) if "Refused" in message.text else None)
            made.scripts = scripts
            sign_in(made)
        return known[name]

    yield page
    for one in known.values():
        one.context.close()
    assert complaints == [], "a page wanted what its own policy forbids"


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def page(request: pytest.FixtureRequest, open_page: Callable[..., Any]) -> Any:
    """A page with scripts, and one without."""
    return open_page(scripts=request.param)
