"""Who gets in: programs' keys, made, listed and revoked; and the identity provider's word for a person, connected to her."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from commands.shared import load, refuse, show, with_api

tokens = typer.Typer(no_args_is_help=True, help="API keys of scripts and other programs.")


def token(
    unit: Annotated[str, typer.Option(help="a unit's id, as in `lots units`")],
    role: Annotated[
        str, typer.Option(help="staff, unit_administrator, trainer, routine_owner, auditor, system_administrator")
    ] = "staff",
    days: Annotated[int, typer.Option(min=1, max=3650, help="days until the key no longer counts")] = 90,
) -> None:
    """An API key for scripts: the last line is the header to send."""
    from api.authorisation import Role
    from api.tokens import token as new_key

    if role not in set(Role):
        raise typer.Exit(refuse("role_unknown", role=role, roles=", ".join(Role)))
    key = asyncio.run(with_api(lambda api: new_key(api, unit, Role(role), days)))
    print(f"Authorization: Bearer {key}")


@tokens.command("list")
def tokens_list() -> None:
    """Every key that can still be used, and those that no longer can; never a key itself."""
    from api.tokens import listed

    texts = load().texts
    columns = ("id", "name", "unit", "role", "scope", "made", "expires", "used", "state")
    table = Table(*(texts.text(f"cli.tokens.{column}") for column in columns), box=None)
    for key in asyncio.run(with_api(listed)):
        moments = (f"{at:%Y-%m-%d %H:%M}" if at else "–" for at in (key.made, key.expires, key.used))
        scope = "on_behalf" if key.on_behalf else "–"
        table.add_row(
            key.id, key.name, key.unit or "–", key.role or "–", scope, *moments, texts.text(f"cli.tokens.{key.state}")
        )
    show(table)


@tokens.command("revoke")
def tokens_revoke(key: Annotated[str, typer.Argument(help="the id's beginning, as in `lots tokens list`")]) -> None:
    """The key counts no longer, from its next call on."""
    from api.tokens import revoke

    revoked = asyncio.run(with_api(lambda api: revoke(api, key)))
    print(load().texts.text("cli.tokens.done", id=revoked))


def connect(
    staff: Annotated[str, typer.Argument(help="the person's id in Lots")],
    word: Annotated[str, typer.Argument(help="what the identity provider's claim LOTS_OIDC_STAFF_CLAIM says of her")],
) -> None:
    """Connect a person to what the identity provider calls her, where that is no HSA-id. Stores only a keyed hash of the word."""
    from api.tokens import connect as bind

    asyncio.run(with_api(lambda api: bind(api, staff, word)))
    print(load().texts.text("cli.connected", staff=staff))
