#!/usr/bin/env python3
"""Caps: header 300 lines, source 800, function 80. Exceptions stand in tools/size_exceptions.txt, a list that may only shrink."""
import os
import re
import sys

HEADER, SOURCE, FUNCTION = 300, 800, 80
# A line that opens a function body at namespace or class level: ends with "{", holds a ")" and is not control flow.
OPENS = re.compile(r"^[A-Za-z_~].*\)[^;]*\{\s*$|^\s{2}[A-Za-z_~][^;=]*\)[^;=]*\{\s*$|^\s+[^;{]*\)\s*(const)?\s*(noexcept)?\s*(override)?\s*\{\s*$")
CONTROL = re.compile(r"^\s*(if|for|while|switch|else|do|catch|return|case|namespace|class|struct|enum|union)\b")


def functions(lines):
    """(first line, length) of top-level bodies, by counting braces outside strings and comments."""
    depth_at_start, start, depth, in_raw = None, None, 0, False
    pending = None
    for number, raw in enumerate(lines, 1):
        line = re.sub(r'R"\w*\(.*?\)\w*"|"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'|//.*', "", raw)
        if in_raw:
            if ')"' in raw or re.search(r'\)\w+"', raw):
                in_raw = False
            continue
        if re.search(r'R"\w*\([^)]*$', raw) and ')"' not in raw:
            in_raw = True
        if start is None and "{" in line and not CONTROL.match(line) and ")" in line and not line.strip().startswith("#") and "= {" not in line:
            start, depth_at_start = (pending or number), depth
        if start is None and line.rstrip().endswith((",", "(")) and "(" in line and not CONTROL.match(line):
            pending = pending or number
        elif start is None and line.strip().endswith((";", "}", ":")):
            pending = None
        depth += line.count("{") - line.count("}")
        if start is not None and depth <= depth_at_start:
            yield start, number - start + 1
            start, pending = None, None


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    listed = set()
    exceptions = os.path.join(root, "tools", "size_exceptions.txt")
    if os.path.exists(exceptions):
        listed = {line.split("#")[0].strip() for line in open(exceptions, encoding="utf-8")} - {""}
    problems, used = [], set()
    for top in ("src", "tests", "bench"):
        for folder, _, files in os.walk(os.path.join(root, top)):
            if "node_modules" in folder:
                continue
            for file in sorted(files):
                if not file.endswith((".h", ".cc")):
                    continue
                path = os.path.join(folder, file)
                name = os.path.relpath(path, root)
                lines = open(path, encoding="utf-8").read().splitlines()
                cap = HEADER if file.endswith(".h") else SOURCE
                if len(lines) > cap:
                    problems.append((name, f"{name}: {len(lines)} lines, cap {cap}"))
                for start, length in functions(lines):
                    if length > FUNCTION:
                        problems.append((f"{name}:function", f"{name}:{start}: function of {length} lines, cap {FUNCTION}"))
    shown = 0
    for key, text in problems:
        if key in listed:
            used.add(key)
            continue
        shown += 1
        print(text)
    for key in sorted(listed - used):
        shown += 1
        print(f"tools/size_exceptions.txt: {key} is not needed any more, take it out")
    print(f"check_sizes: {shown} problems")
    return 1 if shown else 0


if __name__ == "__main__":
    sys.exit(main())
