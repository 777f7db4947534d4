"""Spoil real files in every way a seeded generator can think of, and load them: only our own errors may come out.

    python tests/fuzz/fuzz_loaders.py --inputs 120000 --seed 1

Each input is a fixture's file after one to four mutations, given to one loader. An input is a fault if anything
but an IndicastError comes out, if it takes more than two seconds of processor time, or if memory grows by more
than 500 MB (the limit is set on the process, so that a worse one cannot even happen). Faults are kept as files.
"""

import argparse
import json
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from indicast.elicit import load_hyperparameters
from indicast.errors import IndicastError
from indicast.ledger import _schemas, load_ledger, read_ledger
from indicast.workspace import Framework, load_framework, read_rows, read_table, read_toml
from indicast.workspace._milestones import read_judgements
from indicast.workspace._open import parse_declaration
from indicast.workspace._ratings import read_raters

FIXTURES = Path(__file__).parents[1] / "fixtures"
MODELS = ("harbour", "jetty", "mill", "orchard")
TODAY = date(2030, 1, 1)
MOST_SECONDS, MOST_BYTES = 2.0, 500_000_000
KEPT_FAULTS = 50
CELLS = [
    "0000-05", "9999-12",
    "", " ", "NA", "nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-0", "0x10", "1_000", "0000-00-00", "0001-01-01",
    "99999-01-01", "9999-12-31", "2023-02-30", "2023-02-29", "2024-13", "0000", "2023-00", "-2023-01-01", "23-1-1",
    "２０２３-０１-０１", "2023-01-01T00:00:00Z", "2023-01-01 ", ".*", "(a+)+$", "[", "\\", "a|b", "=1+1", "@x", "-1",
    "<script>alert(1)</script>", "{{7*7}}", "%s%n", "../../etc/passwd", "\x1b[31m", "\u202e", "\u200b", "\ufeff",
    "'", '"', '""', '"a\nb"', '"a,b"', "\x00", "\r", "é", "\U0001f600", "9" * 400, "x" * 5000, "None", "True", "1,5",
    "r1", "r2", "r3", "r50", "correction", "retraction", "yes", "2023-06-02T00:00:00Z", "2023-06-02T25:61:61Z", "0000",
]  # fmt: skip
VALUES = [
    "9" * 5000, "0x" + "f" * 5000, "-9223372036854775809", "9223372036854775808", "1e999", "-inf", "nan", "inf", "-0.0",
    "1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "0000-00-00", "99999-01-01", "true", "[]", "{}", '""', "''",
    "[" * 40 + "]" * 40, "[" * 5000, "{a=" * 40 + "1" + "}" * 40, "[[1,2],[3]]", '[1,"a",{b=2}]', '"\\u0000"',
    '"\\u001b[31m"', '"\\ud800"', '"\\U00110000"', '".*"', '"(a+)+$"', "0", "-1", "0.5", "1e308", "1e-320", "1_0",
    "0b1", "0o7", '"../x"', '"/etc/passwd"', '"' + "x" * 3000 + '"', "[1, 2", "'''a", "{a=1", "a", "1 2",
    "{ more = nan }",
]  # fmt: skip
BYTES = [
    b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3", b"\xf4\x90\x80\x80", b"\r", b"\n",
    b"\r\n", b'"', b'""', b",", b";", b"\t", b"=", b"[", b"]", b"{", b"}", b"#", b"'", b'"""', b"\\", b".", b"[[",
    b"]]", b"\x1b",
]  # fmt: skip


class Case(NamedTuple):
    """A loader, the file that is spoiled for it, and how it is called."""

    name: str
    path: Path
    load: Callable[[], object]


class Worst(NamedTuple):
    """The largest cost of one input so far, and which it was."""

    cost: float = 0.0
    case: str = ""


def cell(rng: random.Random) -> bytes:
    return rng.choice(CELLS).encode("utf-8", "surrogatepass")


def place(rng: random.Random, content: bytes) -> int:
    return rng.randrange(len(content) + 1)


def span(rng: random.Random, content: bytes) -> tuple[int, int]:
    start = place(rng, content)
    return start, min(len(content), start + rng.choice((1, 2, 5, 20, 100, 1000)))


def insert(rng: random.Random, content: bytes) -> bytes:
    at = place(rng, content)
    return content[:at] + rng.choice(BYTES) * rng.choice((1, 1, 1, 2, 50)) + content[at:]


def flip(rng: random.Random, content: bytes) -> bytes:
    at = place(rng, content)
    return content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]


def delete(rng: random.Random, content: bytes) -> bytes:
    start, end = span(rng, content)
    return content[:start] + content[end:]


def repeat(rng: random.Random, content: bytes) -> bytes:
    start, end = span(rng, content)
    return content[:end] + content[start:end] * rng.choice((1, 2, 30)) + content[end:]


def move(rng: random.Random, content: bytes) -> bytes:
    start, end = span(rng, content)
    rest = content[:start] + content[end:]
    at = place(rng, rest)
    return rest[:at] + content[start:end] + rest[at:]


def cut(rng: random.Random, content: bytes) -> bytes:
    return content[: place(rng, content)]


def lines(rng: random.Random, content: bytes) -> bytes:
    found = content.splitlines(keepends=True)
    if not found:
        return content
    one = rng.randrange(len(found))
    deed = rng.randrange(4)
    if deed == 0:
        rng.shuffle(found)
    elif deed == 1:
        found.insert(rng.randrange(len(found) + 1), found[one] * rng.choice((1, 3, 200)))
    elif deed == 2:
        del found[one]
    else:
        found.insert(one, b"\n")
    return b"".join(found)


def cells(rng: random.Random, content: bytes) -> bytes:
    """Put another cell in the place of one, or of a whole column's cells."""
    found = content.split(b"\n")
    width, one = len(found[0].split(b",")), rng.randrange(len(found))
    column = rng.randrange(width)
    for line in range(1, len(found)) if rng.random() < 0.2 else [one]:
        parts = found[line].split(b",")
        if column < len(parts):
            parts[column] = cell(rng)
            found[line] = b",".join(parts)
    return b"\n".join(found)


def columns(rng: random.Random, content: bytes) -> bytes:
    """Drop, double or add a column."""
    rows = [line.split(b",") for line in content.split(b"\n")]
    column, deed, added = rng.randrange(len(rows[0])), rng.randrange(3), cell(rng)
    for row in rows:
        if column < len(row):
            row[column : column + 1] = ([], [row[column]] * 2, [row[column], added])[deed]
    return b"\n".join(b",".join(row) for row in rows)


def values(rng: random.Random, content: bytes) -> bytes:
    """Put another value behind one of the equals signs."""
    signs = [at for at, one in enumerate(content) if one == ord("=")]
    if not signs:
        return content
    at = rng.choice(signs)
    ends = [found for found in (content.find(mark, at) for mark in (b"\n", b",", b"}")) if found > 0] or [len(content)]
    return content[: at + 1] + b" " + rng.choice(VALUES).encode() + content[rng.choice(ends) :]


def encodings(rng: random.Random, content: bytes) -> bytes:
    text = content.decode("utf-8", "replace")
    deed = rng.randrange(5)
    if deed == 0:
        return text.encode(rng.choice(("utf-16", "utf-32", "utf-16-le", "utf-7")), "replace")
    if deed == 1:
        return text.encode(rng.choice(("latin-1", "cp1251", "cp037")), "replace")
    if deed == 2:
        return b"\xef\xbb\xbf" + content
    return content.replace(b"\n", rng.choice((b"\r", b"\r\n", b"\n\n", b"\n\r", b"\xe2\x80\xa8")))


ANY = (insert, flip, delete, repeat, move, cut, lines, encodings)
OF_TABLES, OF_TOML = (*ANY, *(cells,) * 6, *(columns,) * 2), (*ANY, *(values,) * 6)


def spoiled(rng: random.Random, path: Path, content: bytes) -> bytes:
    """Return a file's bytes after one to four mutations."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        content = rng.choice(OF_TOML if path.suffix == ".toml" else OF_TABLES)(rng, content)
    return content


def declared(framework: Framework) -> object:
    path = framework.model_file
    parse_declaration(read_toml(path), path)
    return load_framework(framework.root, framework.id)


def cases(root: Path, model: str) -> list[Case]:
    """Return every loader with every file that it reads, in a workspace of its own."""
    framework = load_framework(root, model)
    data, priors = framework.data_folder, framework.priors_folder
    ids = tuple(read_ledger(framework, TODAY)[0]["sources"]["source_id"])
    schemas = {
        "observations": _schemas.observations_schema(framework, ids),
        "sources": _schemas.sources_schema(),
        "corroboration": _schemas.corroboration_schema(framework, ids),
        "coverage": _schemas.coverage_schema(framework),
        "outcomes": _schemas.outcomes_schema(framework, ids),
    }
    found = []
    for name, schema in schemas.items():
        path = data / f"{name}.csv"
        found.append(Case(f"read_rows {name}", path, lambda path=path, schema=schema: read_rows(path, schema)))
        found.append(Case("ledger", path, lambda: load_ledger(framework, TODAY)))
    table = priors / "table.csv"
    found += [
        Case("model.toml", framework.model_file, lambda: declared(framework)),
        Case("hyperparameters.toml", priors / "hyperparameters.toml", lambda: load_hyperparameters(framework)),
        Case("table.csv", table, lambda: read_table(table, framework.declaration)),
    ]
    if (path := priors / "milestones.csv").is_file():
        found.append(Case("milestones.csv", path, lambda: read_judgements(path, framework.declaration)))
    if (raters := priors / "raters.csv").is_file():
        found.append(
            Case("raters.csv", raters, lambda: (read_raters(raters), read_table(table, framework.declaration)))
        )
    return found


def with_records(data: Path) -> None:
    """Give a ledger the columns of records, a row that is corrected twice, and one that is taken back."""
    path = data / "observations.csv"
    header, *rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines() if '"' not in line]
    known = header.index("known_date")
    records = [[*row, f"r{place}", "", "", "", ""] for place, row in enumerate(rows)]
    for place, change, older in ((1, "correction", "r1"), (1, "correction", "r50"), (2, "retraction", "r2")):
        row = list(rows[place])
        row[known] = "2024-06-30"
        records.append([*row, f"r{50 + len(records) - len(rows)}", "2024-07-01T10:00:00Z", change, older, "a reason"])
    lines = [[*header, "record_id", "recorded_at", "change", "supersedes", "reason"], *records]
    path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")


def workspaces(folder: Path) -> list[Case]:
    found = []
    for model in (*MODELS, "keepers"):
        root = folder / model
        shutil.copytree(FIXTURES / ("harbour" if model == "keepers" else model), root)
        if model == "keepers":
            for name in ("table.csv", "raters.csv"):
                shutil.copy(FIXTURES / "keepers" / name, root / "priors" / "harbour" / name)
            with (root / "priors" / "harbour" / "hyperparameters.toml").open("a") as opened:
                opened.write((FIXTURES / "keepers" / "ratings.toml").read_text())
        if model == "orchard":
            with_records(root / "data" / "orchard")
        found += cases(root, "harbour" if model == "keepers" else model)
    weights = {"read_rows": 3, "ledger": 1}
    return [one for one in found if one.path.is_file() for _ in range(weights.get(one.name.split()[0], 2))]


STOPPED: list[int] = []
"""Filled by SIGTERM: what was found so far is then told."""


class HangError(BaseException):
    """An input that took far too long; no `except Exception` can hide it."""


def stop(_signal: int, _frame: FrameType | None) -> None:
    raise HangError


def outcome(case: Case) -> tuple[str, float]:
    """Return what came of loading, and the processor time it took in seconds."""
    began = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, 5 * MOST_SECONDS)
    try:
        case.load()
        said = "loaded"
    except IndicastError as error:
        said = "refused" if str(error).strip() and "\x1b" not in str(error) else f"FAULT: message {error!r}"
    except (Exception, HangError):  # noqa: BLE001  # whatever else comes out is what is looked for
        said = f"FAULT: {traceback.format_exc(limit=-4)}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    taken = time.process_time() - began
    return (f"FAULT: {taken:.1f} s" if taken > MOST_SECONDS else said), taken


def peak() -> int:
    """Return the largest memory of this process so far, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def limit_memory() -> None:
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + 2 * MOST_BYTES, size + 2 * MOST_BYTES))


def fuzz(inputs: int, seed: int, keep: Path, only: tuple[str, ...] = ("",)) -> dict[str, object]:
    """Load that many spoiled files and return what came of it."""
    rng = random.Random(seed)  # noqa: S311  # nothing secret is drawn
    signal.signal(signal.SIGVTALRM, stop)
    signal.signal(signal.SIGTERM, lambda number, _frame: STOPPED.append(number))
    memory = Path("/dev/shm")  # noqa: S108  # a folder of its own is made there; a disk would be slower
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        found = [case for case in workspaces(Path(folder)) if case.name.startswith(only)]
        whole = {case.path: case.path.read_bytes() for case in found}
        for case in found:
            case.load()
        limit_memory()
        before, told, faults, slowest = peak(), Counter(), [], Worst()
        for number in range(inputs):
            if STOPPED:
                inputs = number
                break
            case = rng.choice(found)
            content = spoiled(rng, case.path, whole[case.path])
            case.path.write_bytes(content)
            said, taken = outcome(case)
            case.path.write_bytes(whole[case.path])
            told[f"{case.name}: {said.split(':')[0]}"] += 1
            slowest = max(slowest, Worst(taken, f"{case.name} input {number}"))
            if said.startswith("FAULT") and len(faults) < KEPT_FAULTS:
                faults.append(f"{case.name} ({case.path.parent.name}) input {number}: {said}")
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{seed}_{number}_{case.path.name}").write_bytes(content)
        grown = peak() - before
    if grown > MOST_BYTES:
        faults.append(f"memory grew by {grown / 1e6:.0f} MB")
    return {
        "inputs": inputs,
        "seed": seed,
        "outcomes": dict(sorted(told.items())),
        "slowest": {"seconds": round(slowest.cost, 3), "input": slowest.case},
        "grown_megabytes": round(grown / 1e6, 1),
        "faults": faults,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=120_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-faults"), help="folder for files that caused a fault")
    parser.add_argument("--only", nargs="+", default=[""], help="loaders whose names begin so, such as read_rows")
    given = parser.parse_args()
    found = fuzz(given.inputs, given.seed, given.keep, tuple(given.only))
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 1 if found["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
