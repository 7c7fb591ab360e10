"""Code that stands in a word of a line: what it does, where all of it is surely understood."""
