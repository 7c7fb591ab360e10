"""What is shown of a container, an image, a network or a volume, where a template says so: `{{.State.Status}}`.

INVARIANT: only fields that tell neither settings nor the environment; labels, commands and mounts' options may hold a
password. A variable stands for a part of such a field, since it is only ever bound to one.
"""

import re
from typing import Final

_CONFIG: Final = "ExposedPorts|Hostname|Image|Tty|User|Volumes|WorkingDir"
_HOST_CONFIG: Final = (
    "AutoRemove|CpuShares|Memory|MemorySwap|NanoCpus|NetworkMode|OomKillDisable|PidMode|PidsLimit|PortBindings|Privileged"
    "|ReadonlyRootfs|RestartPolicy|ShmSize"
)
# Of the object itself, and of what `range` goes through.
_FIELDS: Final = (
    "Aliases|Architecture|Attachable|Containers|Created|CreatedAt|Dead|Destination|Driver|End|Error|ExitCode|FinishedAt"
    "|Gateway|GlobalIPv6Address|Health|HostIp|HostPort|ID|IPAM|IPAddress|IPPrefixLen|IPv4Address|Id|Image|Internal|MacAddress"
    "|Mode|Mountpoint|Mounts|Name|NetworkID|NetworkSettings|OOMKilled|Os|Output|Paused|Pid|Platform|Ports|RW|RepoDigests"
    "|RepoTags|RestartCount|Restarting|RootFS|Running|Scope|Size|SizeRootFs|SizeRw|Source|Start|StartedAt|State|Status|Type"
    "|VirtualSize"
)
_FIELD: Final = rf"\.(?:{_FIELDS}|Config\.(?:{_CONFIG})|HostConfig\.(?:{_HOST_CONFIG}))(?:\.[A-Za-z0-9]+)*"
_VARIABLE: Final = r"\$[a-z][A-Za-z0-9]*"
_PART: Final = rf"(?:{_FIELD}|{_VARIABLE}(?:\.[A-Za-z0-9]+)*)"
# `index .RepoTags 0`, `(index .NetworkSettings.Ports "80/tcp")`.
_KEYS: Final = r'(?: (?:[0-9]+|"[\w./-]*"))+'
_INDEX: Final = rf"index (?:{_PART}|\(index {_PART}{_KEYS}\)){_KEYS}"
_VALUE: Final = rf"(?:{_PART}|{_INDEX}|\({_INDEX}\)(?:\.[A-Za-z0-9]+)*)"
_BOUND: Final = rf"(?:{_VARIABLE}(?:, ?{_VARIABLE})? ?:= ?)?{_PART}"
_TEXT: Final = r'"(?:[^"\\{}]|\\[nt])*"'
_ACTION: Final = (
    rf"\{{\{{-? ?(?:(?:json |len |println |upper |lower )?{_VALUE}|(?:range|if|with) {_BOUND}|else|end|println|{_TEXT})"
    r" ?-?\}\}"
)

INSPECTED: Final = re.compile(rf"(?:[^{{}}]|{_ACTION})+", re.ASCII)
