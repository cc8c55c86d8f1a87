"""Finding a unit among 10,000, beside RapidFuzz's own `process.extract` with `ratio` over the same names, in one run."""

import random
import time
from collections.abc import Callable, Sequence

from rapidfuzz import fuzz, process

from knowledge.bundle import HERE
from knowledge.directory import Unit, load_directory
from triage.units import UnitFinder

SIZE = 10_000
ROUNDS = 3
SEED = 7
FIRST = ["Ek", "Alm", "Björk", "Lind", "Ask", "Gran", "Tall", "Rönn", "Hassel", "Lönn", "Sol", "Måne", "Stjärn", "Norr", "Söder", "Väster", "Öster", "Strand", "Sjö", "Å", "Berg", "Fjäll", "Hav", "Kust", "Ljung", "Ros", "Liljekonvalje", "Vall", "Kvarn", "Bruks", "Slotts", "Prost"]  # fmt: skip
LAST = ["liden", "backen", "ängen", "gården", "hagen", "kullen", "viken", "lunden", "höjden", "dalen", "brynet", "gläntan", "torget", "porten", "hamnen", "bryggan", "vägen", "parken", "staden", "husen", "udden", "näset", "åsen", "forsen"]  # fmt: skip


def many_units(seed: Sequence[Unit], size: int) -> tuple[Unit, ...]:
    """The demo units over and over with other names, in other towns: as many different ones as asked for."""
    places = [a + b for a in FIRST for b in ("stad", "köping", "hamn", "by", "bro", "sund", "ryd", "torp")]
    random.Random(SEED).shuffle(places)
    names = [a + b for a in FIRST for b in LAST]
    units = []
    for number in range(size):
        like = seed[number % len(seed)]
        name = f"{like.name.rsplit(' ', 1)[0]} {names[number % len(names)]}"
        place = places[number % len(places)]
        changed = {
            "id": f"{like.region}-{number}",
            "name": f"{name} {place}",
            "municipality": place,
            "aliases": (f"{names[number % len(names)]} {place}",),
        }
        units.append(like.model_copy(update=changed))
    return tuple(units)


def queries(units: Sequence[Unit]) -> list[tuple[str, Unit]]:
    """What people type, with the unit they mean: whole names, short forms with half names, and typos, a third of each."""
    rng = random.Random(SEED)
    texts = []
    for unit in rng.sample(units, 60):
        words = unit.name.split()
        half = words[-2][:-2]
        at = rng.randrange(1, len(words[-2]) - 1)
        typo = words[-2][:at] + words[-2][at + 1] + words[-2][at] + words[-2][at + 2 :]
        written = (unit.name, f"{words[0][:7].lower()} {half} {words[-1]}", f"{words[0].lower()} {typo} i {words[-1]}")
        texts += [(text, unit) for text in written]
    return texts


def mean_ms(search: Callable[[str], object], texts: Sequence[str]) -> float:
    """The mean over every text: half names and typos, the slow ones, weigh as much as whole names."""
    started = time.perf_counter()
    for _ in range(ROUNDS):
        for text in texts:
            search(text)
    return (time.perf_counter() - started) * 1000 / (ROUNDS * len(texts))


def main() -> None:
    """Prints the table; ends with status 1 when Lots is the slower of the two."""
    units = many_units(load_directory(HERE / "directory").units, SIZE)
    started = time.perf_counter()
    finder = UnitFinder(units)
    built = (time.perf_counter() - started) * 1000
    names, asked = [unit.name for unit in units], queries(units)
    texts = [text for text, _ in asked]

    def peer(text: str) -> list[tuple[str, float, int]]:
        return process.extract(text, names, scorer=fuzz.ratio, limit=5)

    ours_ms, peer_ms = mean_ms(finder.find, texts), mean_ms(peer, texts)
    ours_right = sum(any(hit.unit_id == unit.id for hit in finder.find(text)) for text, unit in asked)
    peer_right = sum(any(units[number].id == unit.id for _, _, number in peer(text)) for text, unit in asked)
    print(f"{SIZE} units, {len(texts)} queries, index built once in {built:.0f} ms")
    print(f"{'':<36}{'ms a search':>12}{'right unit among five':>24}")
    print(f"{'Lots UnitFinder':<36}{ours_ms:>12.2f}{ours_right:>20}/{len(asked)}")
    print(f"{'RapidFuzz process.extract, ratio':<36}{peer_ms:>12.2f}{peer_right:>20}/{len(asked)}")
    print(f"{'ratio, limit 1.00':<36}{ours_ms / peer_ms:>12.2f}")
    if ours_ms > peer_ms:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
