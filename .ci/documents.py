"""What the documents say of the code: links lead somewhere, every setting and every dependency is explained."""

import pathlib
import re
import subprocess
import sys
import tomllib

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SETTING = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]+)=", re.MULTILINE)


def tracked(pattern):
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", pattern], check=True, capture_output=True, text=True
    )
    return [path for path in map(pathlib.Path, listed.stdout.splitlines()) if path.exists()]


def prose(text):
    """The text without blocks of code."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def links():
    for page in tracked("*.md"):
        for target in LINK.findall(prose(page.read_text())):
            path = target.split("#")[0]
            if path and "://" not in path and not (page.parent / path).exists():
                yield f"{page}: the link to {target} leads nowhere"


def settings():
    example, page = pathlib.Path(".env.example"), pathlib.Path("docs/operations.md")
    text = page.read_text()
    for name in SETTING.findall(example.read_text()):
        if f"| `{name}` |" not in text:
            yield f"{page}: the setting {name} is not explained"
    for name in re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", text, re.MULTILINE):
        if name not in SETTING.findall(example.read_text()):
            yield f"{page}: there is no setting {name}"


def dependencies():
    page = pathlib.Path("docs/adr/0002-dependencies.md")
    text = page.read_text()
    names = set()
    for manifest in tracked("*Cargo.toml"):
        tables = tomllib.loads(manifest.read_text())
        for table in ("dependencies", "dev-dependencies", "build-dependencies"):
            names |= {name for name, where in tables.get(table, {}).items() if not is_path(name, where)}
    for name in sorted(names):
        if not re.search(rf"(?<![\w-]){re.escape(name)} \d", text):
            yield f"{page}: the dependency {name} has no line"


def is_path(name, where):
    workspace = tomllib.loads(pathlib.Path("Cargo.toml").read_text())["workspace"]["dependencies"]
    entry = workspace.get(name) if isinstance(where, dict) and where.get("workspace") else where
    return isinstance(entry, dict) and "path" in entry


faults = [*links(), *settings(), *dependencies()]
print("\n".join(faults) or "links, settings and dependencies are as the documents say")
sys.exit(bool(faults))
