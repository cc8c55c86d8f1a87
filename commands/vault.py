"""For whoever runs Lots: what keeps it whole. The audit's chain, the keys, backup and restore."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from commands.shared import fail, refuse

if TYPE_CHECKING:
    from api.keeping.restoring import Held
    from common.backup import Manifest
    from common.clock import Clock
    from common.crypto import Cipher
    from common.database import Database
    from common.sealed import Registry
    from common.settings import Settings

audit = typer.Typer(no_args_is_help=True, help="The record of who did what with whose message.")
keys = typer.Typer(no_args_is_help=True, help="The keys that personal data is sealed with.")

T = TypeVar("T")
BEFORE_RELEASE: Final = """\
What was revoked, ended or blocked after the backup is as it was before it. Before the release:
  lots tokens list                    the keys that came back; `lots tokens revoke ID` those revoked since
  lots staff deactivate PERSON        whoever was blocked since; look through roles given and taken since, too
  lots restore --release --end-chats  instead of --release, where chat accounts were ended since: all are bound anew
Keys and chat accounts that were made after the backup are gone, and are made anew."""


@audit.command("verify")
def audit_verify(
    heads: Annotated[
        list[Path] | None, typer.Option("--heads", help="a copy of audit-heads.jsonl from elsewhere; may be repeated")
    ] = None,
) -> None:
    """Go through the audit's chain: exit status 0 when it is whole, or 1 and the first thing that does not hold."""
    from api.audit.heads import Heads
    from api.audit.verify import Verdict, verify

    async def check(house: Vault) -> Verdict:
        return await verify(house.db, house.cipher, Heads(house.settings.data_dir, house.cipher), heads or ())

    verdict = asyncio.run(with_vault(check))
    *counts, last = verdict.lines()
    print("\n".join(counts))
    if verdict.fault is not None:
        raise typer.Exit(fail(last))
    print(last)


@keys.command("new")
def keys_new() -> None:
    """Make keys.json in the data folder, once, before the first start in production."""
    from common.crypto import FILE_NAME, Keys
    from common.settings import Settings

    file = Settings().data_dir / FILE_NAME
    if file.exists():
        raise typer.Exit(refuse("keys_exist", file=file))
    if not file.parent.is_dir():
        raise typer.Exit(refuse("no_folder", folder=file.parent))
    Keys.new().save(file)
    print(f"{file}: keep a copy of it apart from the backups")


@keys.command("rotate")
def keys_rotate(
    settle: Annotated[
        int, typer.Option(help="seconds to wait for running processes before the old key is dropped; 0 when none runs")
    ] = 90,
) -> None:
    """A new sealing key, and everything sealed with it. May be stopped and run again."""
    from common.rotation import Progress, Rotated, rotate

    async def change(vault: Vault) -> Rotated:
        from api.audit.service import Action, note_system
        from bot.clients.matrix.device import DeviceFolder
        from common.crypto import FILE_NAME

        def say(progress: Progress) -> None:
            print(f"{progress.table}.{progress.column}: {progress.values}", flush=True)

        async def wait() -> None:
            DeviceFolder(vault.settings.data_dir, vault.cipher).seal_anew()
            print(f"waiting {settle} seconds for running processes", flush=True)
            await asyncio.sleep(settle)

        done = await rotate(vault.db, vault.settings.data_dir / FILE_NAME, sealed_columns(), settle=wait, say=say)
        async with vault.db.write() as session:
            note_system(session, vault.clock.now(), Action.ROTATE_KEYS, None, done.current)
        return done

    done = asyncio.run(with_vault(change))
    print(f"{'resumed, ' if done.resumed else ''}sealed anew: {done.values}")
    print(f"current key: {done.current}; dropped: {', '.join(done.dropped)}")
    print(f"Backups made before now need {', '.join(done.dropped)}: keep the copy of keys.json that belongs to them.")


def backup(file: Annotated[Path, typer.Argument(help="a file that does not exist yet")]) -> None:
    """Everything in the database as it is at one moment, while Lots runs. The keys are not in it."""
    from api.audit.service import Action, note_system
    from api.keeping.restoring import LEFT_OUT
    from common.backup import Manifest, Source
    from common.backup import backup as write

    async def make(vault: Vault) -> Manifest:
        now = vault.clock.now()
        async with vault.db.write() as session:
            note_system(session, now, Action.BACKUP, None, None)
        return await write(Source(vault.db, vault.cipher, sealed_columns(), LEFT_OUT), file, now, version("lots"))

    manifest = asyncio.run(with_vault(make))
    print(f"{file}: {manifest.rows} rows in {len(manifest.tables)} tables, schema {manifest.schema_version}")
    print(f"The keys are not in it. Keep a copy of keys.json apart from it; it needs: {', '.join(manifest.keys)}")


def restore(
    file: Annotated[Path | None, typer.Argument(help="a backup; the database must be empty")] = None,
    release: Annotated[
        bool, typer.Option("--release", help="let the restored outgoing work go out, and keys and chat accounts count")
    ] = False,
    end_chats: Annotated[
        bool, typer.Option("--end-chats", help="with --release: end every chat account, to be bound anew")
    ] = False,
) -> None:
    """Put a backup into an empty database. What had been waiting to go out waits until `lots restore --release`."""
    if (file is None) == (not release) or (end_chats and not release):
        raise typer.Exit(refuse("restore_usage"))
    if file is None:
        print(f"released jobs: {asyncio.run(with_vault(releasing(end_chats=end_chats)))}")
        return
    manifest, held = asyncio.run(with_vault(restoring(file), migrated=False))
    print(
        f"restored: {manifest.rows} rows in {len(manifest.tables)} tables, as they were {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    )
    print(
        f"wait for `lots restore --release`: outgoing jobs {held.jobs}, keys of programs {held.keys}, chat accounts {held.chats}"
    )
    print(BEFORE_RELEASE)


def releasing(*, end_chats: bool) -> "Callable[[Vault], Awaitable[int]]":
    async def let_go(vault: Vault) -> int:
        from api.keeping.restoring import release

        return await release(vault.db, vault.clock.now(), end_chats=end_chats)

    return let_go


def restoring(file: Path) -> "Callable[[Vault], Awaitable[tuple[Manifest, Held]]]":
    async def put_back(vault: Vault) -> "tuple[Manifest, Held]":
        from api.audit.heads import Heads
        from api.keeping.restoring import make_fit, waiting
        from common.backup import restore as put

        manifest = await put(vault.db, vault.cipher, file)
        await make_fit(vault.db, Heads(vault.settings.data_dir, vault.cipher), vault.clock.now())
        return manifest, await waiting(vault.db)

    return put_back


def sealed_columns() -> "Registry":
    from api.sealed import SEALED as IN_API
    from bot.sealed import SEALED as IN_BOT

    return (*IN_API, *IN_BOT)


@dataclass(frozen=True)
class Vault:
    """The database with its keys, and nothing that would put anything into it."""

    settings: "Settings"
    db: "Database"
    cipher: "Cipher"
    clock: "Clock"


async def with_vault(work: "Callable[[Vault], Awaitable[T]]", *, migrated: bool = True) -> T:
    """`migrated`: with the newest tables, and in the demo with keys, made if there are none."""
    from common.clock import SystemClock
    from common.crypto import FILE_NAME, Cipher, Keys
    from common.database import Database
    from common.log import configure
    from common.settings import Settings

    settings = Settings()
    configure("error")
    settings.check()
    made = Keys.load(settings.data_dir / FILE_NAME) if not migrated else None
    cipher = Cipher(made) if made is not None else Cipher.of_folder(settings.data_dir, settings.env)
    db = Database(settings.url, busy_seconds=settings.busy_seconds, pool_size=settings.pool_size)
    try:
        if migrated:
            await db.migrate()
        return await work(Vault(settings, db, cipher, SystemClock()))
    finally:
        await db.close()
