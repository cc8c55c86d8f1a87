"""Which clients pass the contract: a new one is its driver and its line here."""

from collections.abc import Callable

from bot.findings import Profile
from knowledge.texts import Catalogue
from tests.bot.clients.drivers import ApiDriver, ConsoleDriver, Driver, MakeShell, WebDriver
from tests.bot.clients.matrix_driver import MatrixDriver
from tests.bot.clients.telegram_driver import TelegramDriver

DRIVERS: dict[str, Callable[[MakeShell, Profile, Catalogue], Driver]] = {
    "api": ApiDriver,
    "web": WebDriver,
    "console": ConsoleDriver,
    "telegram": TelegramDriver,
    "matrix": MatrixDriver,
}
