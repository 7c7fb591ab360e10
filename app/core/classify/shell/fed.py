"""Commands that read what the line itself may have said: what they make of it is the line's, too."""

from collections.abc import Sequence

from app.core.classify.shell.act import Record
from app.core.model import Effect, EffectKind


def fed_by_line(record: Record, written: Sequence[Effect]) -> set[int]:
    """Those that have it on standard input, or in a file that the line has written."""
    said = {(effect.resource, effect.command) for effect in written}
    files = {resource for resource, _ in said}
    fed = record.fed | {
        effect.command
        for effect in record.effects
        if effect.kind is EffectKind.READ and effect.resource in files and (effect.resource, effect.command) not in said
    }
    # What a command reads is what the one that runs it prints, and the other way round.
    fed |= {record.commands[at].under for at in fed} - {-1}
    for at, command in enumerate(record.commands):
        if command.under in fed:
            fed.add(at)
        if at in fed and command.words == ("exec",):
            # From here on, all that follows has the shell's new standard input.
            fed.update(range(at, len(record.commands)))
    return fed
