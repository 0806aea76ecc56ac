"""The command line: ``regulars COMMAND``. Each command is a few lines that call the rooms.

Results go to standard output (``--json`` for programs), progress and messages to standard error. Exit code 0 is done,
1 means a check found something wrong, 2 that the command was refused and changed nothing.
"""

from typing import Annotated

import typer

import regulars
from regulars.site.cli import backup, importing, offers, published, quoting, running, shop, terminal

app = typer.Typer(
    name="regulars", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=regulars.__doc__
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"regulars {regulars.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Self-hosted customer loyalty for online shops."""


app.command("demo")(running.demo)
app.command("serve")(running.serve)
app.command("worker")(running.worker)
app.command("import")(importing.import_files)
app.command("refresh")(shop.refresh)
app.command("verify")(shop.verify)
app.command("seal")(shop.seal)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(published.app, name="programme")
app.add_typer(offers.app, name="offers")
app.command("quote")(quoting.quote)
app.command("manage", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, hidden=True)(
    running.manage
)


def main() -> None:
    try:
        app()
    except Exception as error:
        sentence = terminal.explained(error)
        if sentence is None:
            raise
        terminal.say_refusal(sentence)
        raise SystemExit(2) from None
