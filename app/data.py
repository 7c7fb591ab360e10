"""Where the files that ship beside the code are found: policies and migrations."""

from pathlib import Path


def data(name: str) -> Path:
    """Return the shipped folder `name`: packed into the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    packed = package / "_data" / name
    return packed if packed.exists() else package.parent / name
