"""From a request to the effects that it would have."""
