"""`costledger ui`: Dagster on this machine."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from pipelines.options import DataOption, JsonOption, session_of
from pipelines.paths import DATA_VARIABLE, ROOT
from pipelines.warehouse.faults import PortTakenError


def ui(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
    _data: DataOption = None,
    _json: JsonOption = False,
) -> None:
    """Dagster with its daemon: materialize assets, watch them refresh."""
    import socket

    session = session_of(context)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTakenError(f"port {port} cannot be used ({error.strerror}): take another with --port") from error
    address = f"http://127.0.0.1:{port}"
    if session.as_json:
        from pipelines.output import show_json

        show_json({"address": address, "data": str(session.folder.root)})
    typer.echo(f"Dagster on {address}, data in {session.folder.root}; Ctrl-C ends it", err=True)
    os.environ[DATA_VARIABLE] = str(session.folder.root)
    os.chdir(ROOT)
    serve = [sys.executable, "-m", "pipelines.defs.serve", str(port)]
    os.execv(sys.executable, serve)  # noqa: S606 - this process becomes Dagster
