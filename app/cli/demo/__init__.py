"""`agent-sudo demo` and `agent-sudo eval`: a real service on a home that lives for seconds, and calls upon it."""
