"""``lichen serve`` and ``lichen web …``: the workbench in the browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from lichen.cli.common import WRONG_CALL, Lang, existing, say, set_language, tell, wrote

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The workbench in the browser: its administrators and studies. 浏览器工作台的管理。",
)
Data = Annotated[Path, typer.Option("--data", envvar="LICHEN_DATA", help="Folder of the installation.")]
ParkName = Annotated[str, typer.Option("--park", help="Short name of the park in addresses.")]
FOLDER = Path("lichen-data")


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen at.", min=1, max=65535)] = 8000,
    data: Data = FOLDER,
    url: Annotated[
        str,
        typer.Option("--url", envvar="LICHEN_URL", help="Address that browsers use, where it is not this machine's."),
    ] = "",
    example: Annotated[bool, typer.Option("--example/--no-example", help="Load Guiyang on the first start.")] = True,
    proxy: Annotated[
        str, typer.Option("--proxy", help="Address of the proxy that ends HTTPS, with an address of https://.")
    ] = "127.0.0.1",
    workers: Annotated[
        bool, typer.Option("--workers/--no-workers", help="Do long work here too, in processes of its own.")
    ] = True,
    processes: Annotated[
        int, typer.Option("--processes", help="How many processes answer browsers.", min=1, max=64)
    ] = min(2, os.cpu_count() or 1),
    lang: Lang = None,
) -> None:
    """Serve the workbench to browsers; its data in one folder. LICHEN_DATABASE_URL names a PostgreSQL."""
    set_language(lang)
    from lichen.web import serve as server

    server.check_address(host, url)
    server.prepare(data, url)
    if example and server.load_example(server.example_folder()):
        typer.echo(say("loaded the example of Guiyang", "已载入贵阳示例"), err=True)
    if not server.has_operator():
        call = f"lichen web admin --data {data}"
        typer.echo(say(f"Nobody can log in yet. Make the first administrator:  {call}",
                       f"尚无账户可登录。请建立首位管理员：  {call}"), err=True)  # fmt: skip
    if server.wall_is_passed():
        typer.echo(say("The database's role is a superuser or passes row-level security, which then protects nothing: "
                       "use a role of its own without these rights.",
                       "数据库角色是超级用户或可绕过行级安全，第二道防护无效：请使用无此权限的角色。"),
                   err=True)  # fmt: skip
    address = url or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    ready = say(f"ready at {address}", f"已就绪：{address}")
    server.run(host, port, lambda: typer.echo(ready, err=True), proxy, workers, processes)


@app.command()
def admin(
    data: Data = FOLDER,
    email: Annotated[str, typer.Option("--email", help="Address to log in with; asked for if left out.")] = "",
    name: Annotated[str, typer.Option("--name", help="Name to show.")] = "",
    lang: Lang = None,
) -> None:
    """Make who operates the installation. The password is asked for, or taken from LICHEN_PASSWORD."""
    set_language(lang)
    from lichen.web import serve as server

    server.prepare(data)
    password = os.environ.get("LICHEN_PASSWORD", "")
    if (not email or not password) and not sys.stdin.isatty():
        typer.echo(say("Give --email and the environment variable LICHEN_PASSWORD, or call it at a terminal.",
                       "请给出 --email 和环境变量 LICHEN_PASSWORD，或在终端中运行。"), err=True)  # fmt: skip
        raise typer.Exit(WRONG_CALL)
    email = email or typer.prompt(say("E-mail", "邮箱"))
    password = password or typer.prompt(say("Password", "密码"), hide_input=True, confirmation_prompt=True)
    server.make_operator(email, password, name)
    typer.echo(say(f"{email} can log in", f"{email} 可以登录"), err=True)


@app.command()
def link(
    email: Annotated[str, typer.Option("--email", help="Address of the account.")],
    data: Data = FOLDER,
    url: Annotated[
        str, typer.Option("--url", envvar="LICHEN_URL", help="Address that browsers use.")
    ] = "http://127.0.0.1:8000",
    lang: Lang = None,
) -> None:
    """Print a link with which a person sets a new password: once, within 14 days."""
    set_language(lang)
    from lichen.web import serve as server

    server.prepare(data)
    typer.echo(url.rstrip("/") + server.link_for(email))


@app.command()
def member(
    park: ParkName,
    email: Annotated[str, typer.Option("--email", help="Address of the person.")],
    role: Annotated[str, typer.Option("--role", help="firm, facilitator, administrator or auditor.")],
    data: Data = FOLDER,
    firm: Annotated[str, typer.Option("--firm", help="Code of the firm that the person speaks for.")] = "",
    name: Annotated[str, typer.Option("--name", help="Name to show of a new person.")] = "",
    lang: Lang = None,
) -> None:
    """Give a person a role in a park, also one who has an account for other parks already."""
    set_language(lang)
    from lichen.web import serve as server

    server.prepare(data)
    known = server.add_member(park, email, role, firm, name)
    if known:
        typer.echo(say(f"{email} has the role and logs in with their own password",
                       f"{email} 已获得该角色，可用自己的密码登录"), err=True)  # fmt: skip
    else:
        call = f"lichen web link --email {email} --data {data}"
        typer.echo(say(f"{email} has the role; a link for a password:  {call}",
                       f"{email} 已获得该角色；生成密码链接：  {call}"), err=True)  # fmt: skip


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New file to write.")],
    data: Data = FOLDER,
    lang: Lang = None,
) -> None:
    """Copy the database as it is at this moment; the server may run. SQLite's file, or pg_dump's of PostgreSQL."""
    set_language(lang)
    from lichen.web import serve as server

    server.prepare(data)
    from lichen.web.backup import backup as copy

    copy(file)
    wrote(file)


@app.command("import")
def import_(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of the study.")],
    park: ParkName,
    data: Data = FOLDER,
    name: Annotated[str, typer.Option("--name", help="Name of the park; its short name if left out.")] = "",
    lang: Lang = None,
) -> None:
    """Make a park from a study's folder: inventory, history and all its files."""
    set_language(lang)
    existing(study)
    from lichen.web import serve as server

    server.prepare(data)
    from lichen.web.studies import new_park

    new_park(park, name, study)
    typer.echo(say("imported", "已导入"), err=True)


@app.command()
def export(
    park: ParkName,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write; it must be empty or new.")],
    data: Data = FOLDER,
    lang: Lang = None,
) -> None:
    """Write a park as a study's folder, which the other commands read."""
    set_language(lang)
    from lichen.web import serve as server

    server.prepare(data)
    from lichen.web.studies import export_to

    tell(export_to(park, out))
    wrote(out)
