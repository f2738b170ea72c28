"""The command `d2l-kit`: finds a command's module when it is given, and turns errors into exit codes.

A module of this folder is a command if the table below names it, or if it is called after a group of commands:
`author_NAME.py` is `d2l-kit author NAME`. It holds one function of the command's name, which Typer reads; a dash in a
name of a command is an underscore in both. Modules are imported one by one as they are needed, and import what is
heavy inside their function: `d2l-kit list` must not wait for torch.
"""

from __future__ import annotations

import difflib
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from d2l_kit import __version__
from d2l_kit.cli._terminal import complain
from d2l_kit.errors import EXIT_CHECK_FAILED, EXIT_OK, GraderError, KitError, UsageError

PROGRAM = "d2l-kit"
EXIT_INTERRUPTED = 130

_COMPLETE = "_D2L_KIT_COMPLETE"  # set by the scripts of --install-completion

_COMMANDS = ("start", "check", "hint", "status", "list", "reset", "submit", "data", "doctor", "grade", "similarity")
_HIDDEN = {"init": "start"}
_GROUPS = {
    "assign": "For instructors: make an assignment, check it, build what is handed out.",
    "gradebook": "For instructors: look at a class's grades, adjust, compare and export them.",
    "author": "For authors of chapters: make, prove and measure exercises.",
}

_EPILOG = (
    "Exercises are named ch7, ch07/corr2d or just corr2d; several at once. "
    f"Completion in your shell: {PROGRAM} --install-completion."
)
_REPORT = "{broke}; run with --debug for the traceback, please report"

# Typer hands out no base class of its parser's errors, and may or may not carry its own Click.
_ParserError: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


class _LazyGroup(TyperGroup):
    """A group whose commands are modules, imported when they are asked for."""

    def modules(self) -> Mapping[str, str]:
        """The module of each command, in the order of the help."""
        raise NotImplementedError

    def list_commands(self, ctx: Any) -> list[str]:
        return [*self.modules(), *self.commands]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        module = self.modules().get(cmd_name) or _HIDDEN.get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        return _command(cmd_name, module)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except _ParserError as error:
            for near in difflib.get_close_matches(args[0], self.list_commands(ctx), n=1):
                error.message += f" Did you mean {near!r}?"
            raise


class _RootGroup(_LazyGroup):
    def modules(self) -> Mapping[str, str]:
        return {name: name for name in _COMMANDS}


def _group(name: str) -> type[_LazyGroup]:
    """The group of all modules named `NAME_*.py`."""

    class Group(_LazyGroup):
        def modules(self) -> Mapping[str, str]:
            found = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
            own = [module for module in found if module.startswith(f"{name}_")]
            return {module.removeprefix(f"{name}_").replace("_", "-"): module for module in own}

    return Group


_PLAIN: Mapping[str, Any] = {
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
    "no_args_is_help": True,
    "suggest_commands": False,
}

app = typer.Typer(cls=_RootGroup, add_completion=True, epilog=_EPILOG, **_PLAIN)
for _name, _help in _GROUPS.items():
    _typer = typer.Typer(cls=_group(_name), add_completion=False, **_PLAIN)
    _typer.callback()(lambda: None)  # a group without commands of its own needs one to be a group
    app.add_typer(_typer, name=_name, help=_help)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Checks and grades the exercises of Dive into Deep Learning."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Args:
        arguments: What follows the program's name; `sys.argv` by default.
    """
    _make_streams_safe()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if _COMPLETE in os.environ:
        return _complete(given)
    own, rest = _split_at_dashes(given)
    debug = "--debug" in own  # wherever it stands, so that it can be added at the end of a line
    given = [argument for argument in own if argument != "--debug"] + rest
    try:
        return _run(given)
    except KitError as error:
        _traceback_if(debug)
        return _fail(error, given)
    except _ParserError as error:
        error.show()
        return _answer(UsageError(error.format_message()), given)
    except (KeyboardInterrupt, typer.Abort):
        print(file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return EXIT_CHECK_FAILED
    except Exception as error:  # the last resort: whatever it is, it is ours, and it is said in one line
        _traceback_if(debug)
        broke = " ".join(f"{PROGRAM} broke: {type(error).__name__}: {error}".split())
        print(_REPORT.format(broke=broke), file=sys.stderr)
        return _answer(GraderError(broke), given)


def _complete(arguments: list[str]) -> int:
    """Answer the shell, which asks what could come next; nothing else may be said while somebody types."""
    command: Any = typer.main.get_command(app)
    try:
        command.main(args=arguments, prog_name=PROGRAM)
    except Exception:  # whatever is broken: the command says so when it is run
        return EXIT_CHECK_FAILED
    return EXIT_OK


def _run(arguments: list[str]) -> int:
    command: Any = typer.main.get_command(app)
    try:
        with command.make_context(PROGRAM, arguments) as context:
            command.invoke(context)
        sys.stdout.flush()  # a closed pipe is to be noticed here, not at the interpreter's end
    except typer.Exit as leaving:
        sys.stdout.flush()
        return leaving.exit_code
    return EXIT_OK


def _command(name: str, module: str) -> Any:
    group, _, rest = module.partition("_")
    function = getattr(importlib.import_module(f"d2l_kit.cli.{module}"), rest if group in _GROUPS else module)
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    single.command(name, hidden=name in _HIDDEN)(function)
    return typer.main.get_command(single)


def _split_at_dashes(arguments: list[str]) -> tuple[list[str], list[str]]:
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:cut], arguments[cut:]


def _make_streams_safe() -> None:
    """No character of a name or a message may stop the kit, whatever the locale (LC_ALL=C, a code page)."""
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(errors="backslashreplace")


def _fail(error: KitError, arguments: list[str]) -> int:
    complain(error)
    return _answer(error, arguments)


def _answer(error: KitError, arguments: list[str]) -> int:
    """The exit code; whoever asked for JSON on stdout gets one document there, even when all went wrong."""
    if "--format=json" in arguments or ("--format", "json") in pairwise(arguments):
        from d2l_kit.report.json_ import render_error

        print(render_error(error), end="")
    return error.exit_code


def _traceback_if(debug: bool) -> None:
    if debug:
        traceback.print_exc()


def _forget_stdout() -> None:
    # Else the interpreter flushes at its end, finds the pipe closed, and says so.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
