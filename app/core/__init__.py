"""The policy decision point: pure, no input or output, no clock."""
