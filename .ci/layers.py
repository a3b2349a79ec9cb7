"""No import runs upwards between the floors of a crate, and none in a circle below its features.

A room is a folder or a file directly in `src`. A floor that is named stands on those before it; rooms that no floor names are
features, and stand where FEATURES stands. Rooms of one floor may use one another, but not in a circle; features may."""

import pathlib
import re
import sys

FEATURES = "features"
# From the ground up. A room that does not exist is passed over.
CRATES = {
    "crm-core/src": (("base",), ("query",), ("journal",), ("scope",), FEATURES),
}

COMMENT = re.compile(r"//[^\n]*")
STRING = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
TESTS = re.compile(r"^#\[cfg\(test\)\]\nmod \w+ \{.*?^\}$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"\b(crate|super(?:\s*::\s*super)*|self)\s*::\s*(\{|[A-Za-z_]\w*)")
EXPORT = re.compile(r"^pub(?:\(crate\))? use (?:crate::)?(\w+)::([^;]+);", re.MULTILINE)


def code(path):
    """The text without comments, strings and the file's own tests."""
    return TESTS.sub("", STRING.sub('""', COMMENT.sub("", path.read_text())))


def group(text, start):
    """The first names of the paths in a group in braces that opens before `start`."""
    depth, names, fresh = 1, [], True
    for token in re.finditer(r"[{},]|::|\w+", text[start:]):
        word = token.group()
        if word == "{":
            depth += 1
        elif word == "}":
            depth -= 1
            if not depth:
                break
        elif word == "," and depth == 1:
            fresh = True
        elif word[0].isalpha() or word[0] == "_":
            if fresh and depth == 1:
                names.append(word)
            fresh = False
    return names


class Crate:
    def __init__(self, source, floors):
        self.source, self.floors = pathlib.Path(source), floors
        self.rooms = {path.stem if path.is_file() else path.name for path in self.source.iterdir()} - {"lib"}
        root = self.source / "lib.rs"
        self.exports = {}
        for room, names in EXPORT.findall(code(root)) if root.exists() else ():
            self.exports.update({name: room for name in re.findall(r"\w+", names)})

    def floor(self, room):
        named = [place for place, floor in enumerate(self.floors) if floor != FEATURES and room in floor]
        return named[0] if named else self.floors.index(FEATURES)

    def room_of(self, name):
        return name if name in self.rooms else self.exports.get(name)

    def imports(self):
        """What each room uses: pairs of rooms, and the files in which that stands."""
        found = {}
        for path in sorted(self.source.rglob("*.rs")):
            module = list(path.relative_to(self.source).with_suffix("").parts)
            if module[-1] == "mod":
                module.pop()
            if module == ["lib"]:
                continue
            for name in self.used(code(path), module):
                room = self.room_of(name)
                if room and room != module[0]:
                    found.setdefault((module[0], room), set()).add(str(path))
        return found

    def used(self, text, module):
        """The names directly below the crate's root that a module's text goes through."""
        for match in PATH.finditer(text):
            start, name = match.groups()
            # `super` leads to the root from a room's own file only; what is a module inside a file is not looked into.
            if start.startswith("super") and start.count("super") != len(module) or start == "self":
                continue
            yield from group(text, match.end()) if name == "{" else (name,)

    def faults(self):
        imports = self.imports()
        for (room, used), files in sorted(imports.items()):
            if self.floor(used) > self.floor(room):
                yield f"{self.source}: {room} uses {used}, which stands above it: {', '.join(sorted(files))}"
        ground = {room for room in self.rooms if self.floor(room) < self.floors.index(FEATURES)}
        edges = {room: {used for one, used in imports if one == room and used in ground} for room in ground}
        for circle in circles(edges):
            yield f"{self.source}: a circle: {' -> '.join(circle + circle[:1])}"


def circles(edges):
    """One circle for each group of rooms that reach one another."""
    reached = {room: reach(edges, room) for room in edges}
    seen = set()
    for room in sorted(edges):
        if room in seen or room not in reached[room]:
            continue
        seen |= {other for other in reached[room] if room in reached[other]}
        yield shortest(edges, room)


def reach(edges, start):
    found, waiting = set(), [start]
    while waiting:
        for room in edges[waiting.pop()] - found:
            found.add(room)
            waiting.append(room)
    return found


def shortest(edges, start):
    paths = [[start]]
    while paths:
        path = paths.pop(0)
        for room in sorted(edges[path[-1]]):
            if room == start:
                return path
            if room not in path:
                paths.append([*path, room])
    return [start]


crates = [Crate(source, floors) for source, floors in CRATES.items()]
faults = [fault for crate in crates for fault in crate.faults()]
print("\n".join(faults) or f"{len(crates)} crates: no import runs upwards or in a circle")
sys.exit(bool(faults))
