"""Templates of `str.format`."""

from string import Formatter


def is_plain_format(template: object) -> bool:
    """Whether a template's fields only name what they show: `{}`, `{0}`, `{name:>5}`, never `{0.__class__}`."""
    if not isinstance(template, str):
        return False
    try:
        fields = list(Formatter().parse(template))
    except ValueError:
        return False
    return all(
        name is None or ((name == "" or name.isalnum()) and "{" not in (spec or "")) for _, name, spec, _ in fields
    )
