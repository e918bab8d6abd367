#!/usr/bin/env python3
"""Fails on any #include that src/LAYERS does not allow. Usage: tools/check_layers.py [ROOT]"""
import os
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<(duckdb[^>]*)>)')
HEAVY_IN_HEADER = re.compile(r'^\s*#\s*include\s+<(boost/beast|nlohmann/json\.hpp)')


def read_layers(path):
    layers = {}
    for line in open(path, encoding="utf-8"):
        words = line.split("#")[0].split()
        if not words:
            continue
        rank, folder, allowed = int(words[0]), words[1], set(words[2:])
        layers[folder] = (rank, allowed - {"-"})
    return layers


def folder_of(path, layers):
    """The longest layer name that is a prefix of the path below src/."""
    best = None
    for name in layers:
        if path == name or path.startswith(name + "/"):
            if best is None or len(name) > len(best):
                best = name
    return best


def check(root):
    src = os.path.join(root, "src")
    layers = read_layers(os.path.join(src, "LAYERS"))
    problems = []
    for name, (rank, allowed) in layers.items():
        for other in allowed - {"*", "duckdb"}:
            if other not in layers:
                problems.append(f"src/LAYERS: {name} may include {other}, which has no line of its own")
            elif layers[other][0] >= rank:
                problems.append(f"src/LAYERS: {name} (rank {rank}) may not name {other} (rank {layers[other][0]}): includes only go down")
    for folder, _, files in os.walk(src):
        for file in sorted(files):
            if not file.endswith((".h", ".cc")):
                continue
            path = os.path.join(folder, file)
            below = os.path.relpath(path, src)
            own = folder_of(below, layers)
            if own is None:
                problems.append(f"{path}: folder has no line in src/LAYERS")
                continue
            rank, allowed = layers[own]
            test = re.search(r"_(test|testing|fuzz)\.(cc|h)$", file) or "/testing/" in below
            for number, line in enumerate(open(path, encoding="utf-8"), 1):
                if file.endswith(".h") and HEAVY_IN_HEADER.match(line) and not test:
                    problems.append(f"{path}:{number}: heavy include in a header; keep it in the source")
                match = INCLUDE.match(line)
                if not match:
                    continue
                if match.group(2):
                    if "duckdb" not in allowed and "*" not in allowed:
                        problems.append(f"{path}:{number}: {own} may not include DuckDB's headers")
                    continue
                other = folder_of(match.group(1), layers)
                if other is None or other == own or "*" in allowed or other == "base":
                    continue
                if test and layers[other][0] < rank:
                    continue  # tests may use anything below
                if other == "data" and rank >= 2:
                    continue
                if other not in allowed:
                    problems.append(f"{path}:{number}: {own} (rank {rank}) may not include {other}")
    return problems


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    problems = check(root)
    for problem in problems:
        print(problem)
    print(f"check_layers: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
