# A service on a home of its own, for the examples to run in: sourced by their `run`, everything in one temporary folder
# that goes with it. Afterwards $folder, $AGENT_SUDO_URL, $AGENT_KEY and an operator `you` are there; `signed_in` runs a
# command as that operator. $POLICY, where it is set, is the policy that the home begins with.
root=$(cd "$here/../.." && pwd -P)
"$root/scripts/setup"
agent_sudo() { "$root/.venv/bin/agent-sudo" "$@"; }
signed_in() { printf '%s\n' "$passphrase" | agent_sudo "$@" --operator you --passphrase-stdin; }

folder=$(mktemp -d)
export AGENT_SUDO_HOME="$folder/home" HOME="$folder/person"
unset AGENT_SUDO_DATABASE_URL AGENT_SUDO_POLICY AGENT_SUDO_URL
[ -z "${POLICY:-}" ] || export AGENT_SUDO_POLICY="$POLICY"
service=
finish() {
    [ -z "$service" ] || { kill "$service" && wait "$service"; } || true
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

# A port that is free: the service takes one and says which.
: >"$folder/service.json"
"$root/.venv/bin/python" -I -m app.cli serve --port 0 --json >"$folder/service.json" &
service=$!
until url=$(sed -n 's/.*"url": "\(.*\)".*/\1/p' "$folder/service.json") && [ -n "$url" ]; do
    kill -0 "$service" || exit 1
    sleep 0.1
done
export AGENT_SUDO_URL="$url"

passphrase=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
AGENT_KEY=$(printf '%s\n' "$passphrase" |
    agent_sudo init --operator you --passphrase-stdin --agent coder --json |
    sed -n 's/.*"agent_key": "\(.*\)".*/\1/p')
export AGENT_KEY
mkdir -p "$folder/project" "$HOME/.ssh"
signed_in workspace set "$folder/project" >/dev/null
