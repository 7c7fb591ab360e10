"""What ends a command early: a sentence for people that says what to do, and an exit code for programs."""

import sys

OK = 0
NO = 1  # the answer is no: denied, a check failed, the log was tampered with
ERROR = 2  # there is no answer; typer uses the same for wrong arguments
ASK = 3  # a person must approve


class Failure(Exception):
    """A command cannot go on. `hint` says what to do next."""

    def __init__(self, message: str, hint: str = "", *, code: int = ERROR) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    def show(self) -> None:
        from rich.text import Text

        from app.cli.terminal import errors, safe

        console = errors()
        label = Text("agent-sudo: ", "bold red")
        for line in self.message.splitlines():
            console.print(label + Text(safe(line)), soft_wrap=not console.is_terminal)
            label = Text("")
        if self.hint:
            console.print(Text(safe(self.hint), "dim"), soft_wrap=not console.is_terminal)
        sys.stderr.flush()
