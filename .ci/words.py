"""Plain English: words that have no place in code, documents and the contract, as words or as parts of a name."""

import pathlib
import re
import subprocess
import sys

WORDS = ("he", "his", "him", "himself", "whoever", "somebody", "whom")
# Not written here: the text of licences, and lists that tools write.
PASSED_OVER = (
    "LICENSE-*", "Cargo.lock", "package-lock.json", "crm-console/assets/dist/*", "crm-console/tests/browser/axe.min.js",
    ".ci/words.py",
)
# Test data and quotations that keep a word: path, a part of the line, reason. An entry that nothing needs fails.
ALLOWED = ()

WORD = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(WORDS)})(?![A-Za-z])", re.IGNORECASE)


def files():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout
    for path in map(pathlib.PurePath, listed.splitlines()):
        if not any(path.match(pattern) for pattern in PASSED_OVER) and pathlib.Path(path).is_file():
            yield path


def lines(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []  # No text.


def found():
    needed = set()
    for path in files():
        for number, line in enumerate(lines(path), 1):
            allowed = [entry for entry in ALLOWED if entry[0] == str(path) and entry[1] in line]
            needed.update(allowed)
            word = WORD.search(line)
            if word and not allowed:
                yield f"{path}:{number}: {word.group()}: {line.strip()[:120]}"
    for path, part, _ in set(ALLOWED) - needed:
        yield f".ci/words.py: nothing needs the exception of {part!r} in {path} any more"


faults = list(found())
print("\n".join(faults) or f"none of {', '.join(WORDS)}")
if faults:
    print(f"{len(faults)} in all", file=sys.stderr)
sys.exit(bool(faults))
