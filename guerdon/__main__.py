"""`python -m guerdon`: the command line, where no script is on the PATH."""

from guerdon.cli import main

main()
