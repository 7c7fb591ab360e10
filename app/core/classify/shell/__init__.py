"""Shell lines: what a command line would do, read from its text alone."""

from app.core.classify.shell.read import read_line

__all__ = ["read_line"]
