"""The front door: command line and composition; the only file that knows every part."""


def main() -> None:
    raise SystemExit("not built yet")
