"""Commands that keep running: demo, serve, worker."""

from typing import Annotated

import typer

from regulars.site.cli import terminal
from regulars.site.cli.terminal import DataDir, Json

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]


def demo(
    small: Annotated[bool, typer.Option("--small", help="Load about a twentieth of the sample shop.")] = False,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Load and refresh, then stop.")] = False,
    json: Json = False,
    data_dir: DataDir = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
) -> None:
    """Load a real shop's year of orders and open the console on it."""
    if not no_serve:
        _need_free(host, port)
    terminal.open_shop(data_dir)
    from regulars.site.sample_shop import NotTheSample, load

    try:
        with terminal.progress_bar() as progress:
            figures = load(small=small, progress=progress)
    except NotTheSample as error:
        terminal.refuse(str(error))
    terminal.print_result(figures, json)
    if not no_serve:
        _serve(host, port, sign_in_as_demo=True)


def serve(data_dir: DataDir = None, host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Open the console and the API, with the background worker beside them."""
    _need_free(host, port)
    terminal.open_shop(data_dir)
    _serve(host, port)


def worker(data_dir: DataDir = None) -> None:
    """Run background work (imports, refreshes) until interrupted."""
    terminal.open_shop(data_dir)
    from regulars.site.serving import run_worker

    run_worker()


def manage(context: typer.Context, data_dir: DataDir = None) -> None:
    """Django's own commands, for developers."""
    terminal.open_shop(data_dir) if context.args[:1] != ["makemigrations"] else terminal.start_django(data_dir)
    from django.core.management import execute_from_command_line

    execute_from_command_line(["regulars manage", *context.args])


def _serve(host: str, port: int, *, sign_in_as_demo: bool = False) -> None:
    from django.conf import settings

    from regulars.site.serving import first_link, serve_until_stopped
    from regulars.site.supervising import workers

    address = f"http://{host}:{port}"
    terminal.err.print(
        f"\n[bold]Regulars[/] opens at [link]{address}{first_link(demo=sign_in_as_demo)}[/link]", soft_wrap=True
    )
    terminal.err.print("Stop with Ctrl+C.\n")
    with workers(settings.WORKERS):
        serve_until_stopped(host, port)


def _need_free(host: str, port: int) -> None:
    from regulars.site.supervising import is_free

    if not is_free(host, port):
        terminal.refuse(f"Something listens on {host}:{port} already. Stop it, or give another port with --port.")
