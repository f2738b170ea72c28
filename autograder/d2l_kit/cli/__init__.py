"""The command line. One file per command: parse, call one function, render."""

from d2l_kit.cli._app import main as main
