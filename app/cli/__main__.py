"""`python -I -m app.cli`: the command line, whatever the working directory holds."""

from app.cli import main

main()
