"""The front door: puts the commands together and turns errors into words. Holds no rules and no words of its own.

Heavy parts are imported where they are used, so that a command starts as fast as what it needs.
"""

import sys

import typer

from commands.access import connect, token, tokens
from commands.directory import staff, units
from commands.evaluation import evaluate
from commands.lines import answer, decide, identify
from commands.outage import outage
from commands.packs import packs
from commands.records import retention
from commands.scenarios import scenarios
from commands.serving import chat, serve, settings
from commands.shared import fail, in_words, load
from commands.vault import audit, backup, keys, restore

app = typer.Typer(
    name="lots",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Lots leder rätt: kanal, underlag, överlämning.",
)
app.command()(serve)
app.command()(chat)
app.command()(decide)
app.command()(answer)
app.command()(identify)
app.add_typer(packs, name="packs")
app.add_typer(scenarios, name="scenarios")
app.command("eval")(evaluate)
app.command()(settings)
app.command()(token)
app.add_typer(tokens, name="tokens")
app.command()(connect)
app.add_typer(units, name="units")
app.add_typer(staff, name="staff")
app.add_typer(audit, name="audit")
app.command()(backup)
app.command()(restore)
app.add_typer(keys, name="keys")
app.command()(retention)
app.add_typer(outage, name="outage")


def main() -> None:
    """The `lots` command. Errors that a person can mend are one or more lines on standard error and exit status 1."""
    from api.errors import ApiError
    from common.errors import CommonError, UnsafeSettings
    from knowledge.errors import KnowledgeError

    try:
        app()
    except ApiError as error:
        words = load().texts.text(f"problem.{error.code}.{error.variant or 'detail'}", **error.params)
        raise SystemExit(fail(words)) from None
    except UnsafeSettings as error:
        told = "\n".join(f"  - {in_words(fault)}" for fault in error.problems)
        raise SystemExit(fail(f"{load().texts.text('settings.stop')}\n{told}")) from None
    except (KnowledgeError, CommonError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
