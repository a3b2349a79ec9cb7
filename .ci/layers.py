"""No import runs upwards between the floors of a crate, and none in a circle within a floor.

A room is a folder or a file directly in the folder that is looked at. A floor that is named stands on those before it; a room that
none of them names stands where FEATURES or "*" stands. Rooms of one floor may use one another, but not in a circle; those of FEATURES
may.
"""

import pathlib
import re
import sys

FEATURES = "features"
# From the ground up. A room that does not exist is passed over.
CRATES = {
    "crm-core/src": (("base",), ("query",), ("journal",), ("scope",), FEATURES),
    # What web services share.
    "crm-web/src": (("*",),),
    # The pages: what a host chooses stands below what is around every page, and that below the pages.
    "crm-console/src": (("base", "migrations"), ("login",), ("accounts",), ("session",), ("console",), ("web",), FEATURES, ("routes",)),
    # The service, its routes, and the program around them.
    "user-management/src": (("base", "rows", "migrations"), FEATURES, ("http",), ("settings",), ("server",)),
    # The operations, and what is made of them.
    "crm-http/src": (FEATURES, ("app",)),
    "crm-http/src/app": (("*",),),
}
# Roots, and what is a crate of its own.
NO_ROOMS = {"lib", "main", "mod", "bin"}

COMMENT = re.compile(r"//[^\n]*")
STRING = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
TESTS = re.compile(r"^#\[cfg\(test\)\]\nmod \w+ \{.*?^\}$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"\b(crate|super(?:\s*::\s*super)*)\s*::\s*(?=[\w{])")
EXPORT = re.compile(r"^pub(?:\(crate\))? use (?:(?:crate|self)::)?", re.MULTILINE)
NAME = re.compile(r"\w+(?:\s+as\s+\w+)?|\*")
STEP = re.compile(r"\s*::\s*(?=[\w{*])")
BETWEEN = re.compile(r"[\s,]*")


def code(path):
    """The text without comments, strings and the file's own tests."""
    return TESTS.sub("", STRING.sub('""', COMMENT.sub("", path.read_text())))


def paths(text, start):
    """The paths that begin there, as lists of names, and where they end. A group in braces makes several."""
    if text[start] == "{":
        found, at = [], BETWEEN.match(text, start + 1).end()
        while text[at] != "}":
            more, at = paths(text, at)
            found += more
            at = BETWEEN.match(text, at).end()
        return found, at + 1
    name = NAME.match(text, start)
    step = STEP.match(text, name.end())
    if not step:
        return [[name.group()]], name.end()
    rest, end = paths(text, step.end())
    return [[name.group(), *path] for path in rest], end


class Rooms:
    def __init__(self, source, floors):
        self.source, self.floors = pathlib.Path(source), floors
        # The crate's root, and the way from there to the rooms.
        self.root = next(path for path in (self.source, *self.source.parents) if path.name == "src")
        self.place = list(self.source.relative_to(self.root).parts)
        entries = (path for path in self.source.iterdir() if path.is_dir() or path.suffix == ".rs")
        self.rooms = {path.stem for path in entries} - NO_ROOMS
        self.exports = exports(self.root / "lib.rs")

    def floor(self, room):
        named = [place for place, floor in enumerate(self.floors) if floor != FEATURES and room in floor]
        return named[0] if named else self.rest()

    def rest(self):
        return next(place for place, floor in enumerate(self.floors) if floor == FEATURES or "*" in floor)

    def room_of(self, path):
        """The room that a path from the crate's root leads into."""
        path = self.exports.get(path[0], path[:1]) + path[1:]
        inside, name = path[: len(self.place)] == self.place, path[len(self.place) : len(self.place) + 1]
        return name[0] if inside and name and name[0] in self.rooms else None

    def imports(self):
        """What each room uses: pairs of rooms, and the files in which that stands."""
        found = {}
        for file in sorted(self.source.rglob("*.rs")):
            module = list(file.relative_to(self.root).with_suffix("").parts)
            if module[-1] == "mod":
                module.pop()
            own = self.room_of(module)
            for path in self.used(code(file), module) if own else ():
                room = self.room_of(path)
                if room and room != own:
                    found.setdefault((own, room), set()).add(str(file))
        return found

    def used(self, text, module):
        """The paths from the crate's root that a module's text goes through."""
        for match in PATH.finditer(text):
            # What is a module inside a file is not looked into.
            steps = match.group(1).count("super")
            if steps > len(module):
                continue
            start = module[: len(module) - steps] if steps else []
            yield from (start + [name.split()[0] for name in path] for path in paths(text, match.end())[0])

    def faults(self):
        imports = self.imports()
        for (room, used), files in sorted(imports.items()):
            if self.floor(used) > self.floor(room):
                yield f"{self.source}: {room} uses {used}, which stands above it: {', '.join(sorted(files))}"
        strict = {room for room in self.rooms if self.floors[self.floor(room)] != FEATURES}
        edges = {room: {used for one, used in imports if one == room and used in strict} for room in strict}
        for circle in circles(edges):
            yield f"{self.source}: a circle: {' -> '.join(circle + circle[:1])}"


def exports(root):
    """What the root calls by a name of its own: the path that each name stands for."""
    text, found = code(root), {}
    for match in EXPORT.finditer(text):
        for path in paths(text, match.end())[0]:
            *way, last = path
            found[last.split()[-1]] = [*way, last.split()[0]]
    return found


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


houses = [Rooms(source, floors) for source, floors in CRATES.items()]
faults = [fault for house in houses for fault in house.faults()]
print("\n".join(faults) or f"{len(houses)} folders: no import runs upwards or in a circle")
sys.exit(bool(faults))
