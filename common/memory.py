"""How a process starts that loads much and keeps it: sweeps for garbage wait, and what loading needed is given back. Frees nothing that is in use."""

import ctypes
import gc
from contextlib import suppress


def begin_loading() -> None:
    """From here nearly everything that is made is kept: sweeps for garbage would find none, again and again, and wait until `end_loading`."""
    gc.disable()


def keep_loaded() -> None:
    """While loading: what has been loaded so far lives as long as the process, and no sweep need walk it."""
    if not gc.isenabled():
        gc.freeze()


def end_loading() -> None:
    """One sweep of what has been made since `keep_loaded`; from here they go by themselves."""
    gc.collect()
    gc.freeze()
    gc.enable()
    give_back_memory()


def give_back_memory() -> None:
    """glibc would keep it for later; other systems see to it themselves."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
