"""From a policy's text to rules that can be asked about a call."""
