"""The command line: one module a noun. What a command needs is imported when it runs, so that starting is quick."""

from app.cli.root import main

__all__ = ["main"]
