"""Pressing buttons in a real browser, as a person does who has looked at the page."""

from typing import Any

from tests.homes import OPERATOR, PASSPHRASE

PROVE = "h1:has-text('Your passphrase, please')"


def sign_in(page: Any) -> None:
    page.goto("/console")
    page.fill("[name=name]", OPERATOR)
    page.fill("[name=passphrase]", PASSPHRASE)
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")


def press(page: Any, selector: str) -> None:
    """Press what can be pressed; without scripts the passphrase is asked for by a page of its own."""
    if page.scripts:
        look(page)
    page.click(selector)
    page.wait_for_load_state()
    if not page.scripts and page.locator(PROVE).count():
        page.fill("[name=passphrase]", PASSPHRASE)
        page.click("button.solid")
        page.wait_for_load_state()


def look(page: Any) -> None:
    """As long as it takes before the page's script believes that it was read."""
    since = "performance.now() - performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
    while page.evaluate(since) < 550:
        page.wait_for_timeout(50)
