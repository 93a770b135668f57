"""The command ``lichen``: each command is a thin call of the library.

Exit codes: 0 done; 1 the input has errors, which were told; 2 the command was called wrongly; 3 Lichen itself failed;
130 stopped by the user. Heavy modules are imported inside commands, so that ``lichen --help`` answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lichen.cli import appraise, balance, design, discover, follow, inventory, knowledge, settle, study, table, web
from lichen.cli.common import INPUT_ERRORS, INTERNAL, STOPPED, Lang, set_language, tell

app = typer.Typer(
    name="lichen", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="The workbench for urban-industrial symbiosis. 城市—产业共生工作台。\n\n"
    "Exit codes: 0 done, 1 errors in the input, 2 wrong call, 3 failure of Lichen itself.",
)  # fmt: skip
app.command("new")(study.new)
app.command("run")(study.run)
app.command("check")(study.check)
app.command("balance")(balance.balance)
app.command("discover")(discover.discover)
app.command("design")(design.design)
app.command("appraise")(appraise.appraise)
app.command("settle")(settle.settle)
app.command("follow")(follow.follow)
app.command("footprint")(table.footprint)
app.command("serve")(web.serve)
app.add_typer(table.app, name="table")
app.add_typer(inventory.app, name="inventory")
app.add_typer(knowledge.app, name="knowledge")
app.add_typer(web.app, name="web")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("lichen"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    lang: Lang = None,
) -> None:
    set_language(lang)


def main() -> None:
    """Run the command line; errors of the input are told, not traced."""
    from lichen.errors import LichenError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a sign shows another, and nothing is lost
            stream.reconfigure(errors="replace")
    try:
        app()
    except LichenError as error:
        tell(error.problems)
        sys.exit(INPUT_ERRORS)
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:  # the last resort: say what to do with it
        import traceback

        traceback.print_exc()
        typer.echo(f"\nThis is a fault of Lichen, not of your input ({type(error).__name__}). Please report the lines "
                   "above.\n这是 Lichen 的错误，并非您的输入有误。请报告以上内容。", err=True)  # fmt: skip
        sys.exit(INTERNAL)
