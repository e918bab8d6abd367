#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes C++ codecs from our message tables (src/kafka/protocol/messages/*.msg; grammar in src/kafka/protocol/README.md).

usage: kafka_codegen.py OUTPUT_DIRECTORY TABLE...
       kafka_codegen.py --list TABLE...          names of the files it would write, one a line
Writes kafka/protocol/messages/<name>.h and .cc per table, and all.h with a visitor over every message.
"""
import os
import re
import sys

SCALARS = {  # type: (C++ type, reader and writer method, bytes on the wire)
    "bool": ("bool", "Bool", 1),
    "int8": ("std::int8_t", "Int8", 1),
    "int16": ("std::int16_t", "Int16", 2),
    "int32": ("std::int32_t", "Int32", 4),
    "int64": ("std::int64_t", "Int64", 8),
    "uuid": ("Uuid", "Uuid", 16),
}
VARIABLE = {  # type: (C++ type, method, C++ type when nullable); these take the `flexible` flag
    "string": ("std::string", "String", "std::optional<std::string>"),
    "bytes": ("std::string", "Bytes", "std::optional<std::string>"),
    "records": ("Records", "Records", "Records"),
}
TYPE = re.compile(r"^(?P<array>\[\](?P<anull>\?(?P<anv>\d+(?:\+|-\d+))?)?)?(?P<base>[A-Za-z][A-Za-z0-9]*)(?P<null>\?(?P<nv>\d+(?:\+|-\d+))?)?$")
VERSIONS = re.compile(r"^\d+(\+|-\d+)$")
FOREVER = 32767


class TableError(Exception):
    pass


def parse_versions(text):
    """'3+' and '0-12' as (first, last); None stands for every version."""
    if text is None:
        return (0, FOREVER)
    if text.endswith("+"):
        return (int(text[:-1]), FOREVER)
    first, last = text.split("-")
    return (int(first), int(last))


class Field:
    def __init__(self, words, where):
        self.name = words.pop(0)
        match = TYPE.match(words.pop(0)) if words else None
        if match is None:
            raise TableError(f"{where}: field '{self.name}' needs a type")
        self.base = match["base"]
        self.array = match["array"] is not None
        nullable, span = (match["anull"], match["anv"]) if self.array else (match["null"], match["nv"])
        if self.array and match["null"]:
            raise TableError(f"{where}: an array element cannot be nullable")
        self.nullable = nullable is not None
        self.null_versions = parse_versions(span)
        self.versions = parse_versions(words.pop(0) if words and VERSIONS.match(words[0]) else None)
        self.tag = None
        self.default = None
        while words:
            word = words.pop(0)
            if word == "tag" and words:
                self.tag = int(words.pop(0))
            elif word == "=" and words:
                self.default = words.pop(0)
            else:
                raise TableError(f"{where}: unexpected word '{word}'")
        self.fields = []
        self.is_struct = self.base not in SCALARS and self.base not in VARIABLE

    def element(self):
        """C++ type without array and nullability."""
        if self.base in SCALARS:
            return SCALARS[self.base][0]
        return VARIABLE[self.base][0] if self.base in VARIABLE else self.base

    def cpp(self):
        if self.array:
            inner = f"std::vector<{self.element()}>"
            return f"std::optional<{inner}>" if self.nullable else inner
        if self.base in VARIABLE and self.nullable:
            return VARIABLE[self.base][2]
        return self.element()

    def initial(self):
        """What stands in the braces of the member: the table's default."""
        if self.default is None:
            return ""
        if self.default == "-2147483648":
            return "std::numeric_limits<std::int32_t>::min()"
        return self.default


class Message:
    def __init__(self, name):
        self.name = name
        self.fields = []


class Api:
    def __init__(self, path):
        self.file = os.path.splitext(os.path.basename(path))[0]
        self.key = self.name = None
        self.flexible = FOREVER
        self.parse(path)

    def parse(self, path):
        stack = []
        messages = {}
        with open(path, encoding="utf-8") as table:
            for number, raw in enumerate(table, 1):
                where = f"{path}:{number}"
                line = raw.split("#")[0].rstrip()
                if not line:
                    continue
                depth = (len(line) - len(line.lstrip())) // 2
                words = line.split()
                if words[0] == "api":
                    self.key, self.name = int(words[1]), words[2]
                    self.first, self.last = parse_versions(words[3])
                    if len(words) == 6 and words[4] == "flexible":
                        self.flexible = int(words[5])
                elif depth == 0 and words[0] in ("request", "response"):
                    messages[words[0]] = Message(self.name + words[0].capitalize())
                    stack = [messages[words[0]]]
                else:
                    if not 1 <= depth <= len(stack):
                        raise TableError(f"{where}: indentation")
                    field = Field(words, where)
                    del stack[depth:]
                    stack[-1].fields.append(field)
                    stack.append(field)
        if self.key is None or set(messages) != {"request", "response"}:
            raise TableError(f"{path}: needs an api line, a request and a response")
        self.request, self.response = messages["request"], messages["response"]
        for message in messages.values():
            self.check(message, path)

    def check(self, owner, path):
        for field in owner.fields:
            if field.is_struct and not field.fields:
                raise TableError(f"{path}: struct {field.base} of '{field.name}' has no fields")
            if field.fields and not field.is_struct:
                raise TableError(f"{path}: '{field.name}' is not a struct and has fields")
            if field.is_struct and field.nullable and not field.array:
                raise TableError(f"{path}: '{field.name}': nullable structs are not part of the grammar")
            self.check(field, path)

    # --- versions ---------------------------------------------------------------------------------------------------

    def condition(self, versions):
        """C++ test for a version span, or None when it always holds within the api's range."""
        first, last = versions
        tests = []
        if first > self.first:
            tests.append(f"version >= {first}")
        if last < self.last:
            tests.append(f"version <= {last}")
        return " && ".join(tests) or None

    def min_size(self, field):
        """A lower bound of a value's bytes over all versions: what a claimed element count is checked against."""
        if field.is_struct:
            return max(1, sum(0 if self.condition(f.versions) or f.tag is not None else (1 if f.array else self.min_size(f))
                              for f in field.fields))
        return SCALARS[field.base][2] if field.base in SCALARS else 1


# --- header ---------------------------------------------------------------------------------------------------------

def struct_header(fields, indent):
    pad = "  " * indent
    lines = []
    for field in fields:
        if field.is_struct:
            lines.append(f"{pad}struct {field.base} {{")
            lines += struct_header(field.fields, indent + 1)
            lines.append(f"{pad}}};")
    for field in fields:
        lines.append(f"{pad}{field.cpp()} {field.name}{{{field.initial()}}};")
    name = "Self"
    lines.append("")
    lines.append(f"{pad}void DecodeFrom(Reader& reader, std::int16_t version);")
    lines.append(f"{pad}void EncodeTo(Writer& writer, std::int16_t version) const;")
    lines.append(f"{pad}bool operator==(const {name}&) const = default;")
    return lines


def bind_self(lines, names):
    """operator== must name its struct; nesting is tracked by the struct lines."""
    out = []
    stack = list(names)
    for line in lines:
        opened = re.match(r"\s*struct (\w+) \{", line)
        if opened:
            stack.append(opened[1])
        if "const Self&" in line:
            line = line.replace("Self", stack[-1])
        if line.strip() == "};":
            stack.pop()
        out.append(line)
    return out


def error_place(api):
    """The versions whose response has an error code of its own, beside those of its parts; first > last: none."""
    first, last = next(((max(f.versions[0], api.first), min(f.versions[1], api.last))
                        for f in api.response.fields if f.name == "error_code"), (1, 0))
    return [f'  static constexpr std::string_view kName = "{api.name}";',
            f"  static constexpr std::int16_t kErrorCodeFrom = {first};",
            f"  static constexpr std::int16_t kErrorCodeTo = {last};"]


def header(api):
    out = ["// Made by tools/kafka_codegen.py; do not edit.", "#pragma once", "",
           "#include <cstdint>", "#include <limits>", "#include <optional>", "#include <string>", "#include <string_view>", "#include <vector>", "",
           '#include "kafka/protocol/api_key.h"', '#include "kafka/protocol/reader.h"', '#include "kafka/protocol/writer.h"', "",
           "namespace floe::kafka {", ""]
    for message in (api.request, api.response):
        out.append(f"struct {message.name} {{")
        out.append(f"  static constexpr ApiKey kApi = ApiKey::k{api.name};")
        out.append(f"  static constexpr std::int16_t kMinVersion = {api.first};")
        out.append(f"  static constexpr std::int16_t kMaxVersion = {api.last};")
        out.append(f"  static constexpr std::int16_t kFlexibleFrom = {api.flexible};")
        if message is api.response:
            out += error_place(api)
        out += bind_self(struct_header(message.fields, 1), [message.name])
        out += ["};", ""]
    out += ["}  // namespace floe::kafka", ""]
    return "\n".join(out)


# --- source ---------------------------------------------------------------------------------------------------------

def decode_value(api, field, target, pad):
    if field.array:
        lines = []
        flag = "true" if field.nullable and not api.condition(field.null_versions) else "false"
        if field.nullable and api.condition(field.null_versions):
            flag = api.condition(field.null_versions)
        lines.append(f"{pad}if (const auto count = reader.ArrayLength(flexible, {flag}, {api.min_size(field)}); count >= 0) {{")
        vector = target
        if field.nullable:
            lines.append(f"{pad}  auto& items = {target}.emplace();")
            vector = "items"
        lines.append(f"{pad}  {vector}.reserve(static_cast<std::size_t>(count));")
        lines.append(f"{pad}  for (std::int32_t i = 0; i < count && reader.ok(); ++i) {{")
        if field.is_struct:
            lines.append(f"{pad}    {vector}.emplace_back().DecodeFrom(reader, version);")
        elif field.base in SCALARS:
            lines.append(f"{pad}    {vector}.push_back(reader.{SCALARS[field.base][1]}());")
        else:
            lines.append(f"{pad}    {vector}.push_back(reader.{VARIABLE[field.base][1]}(flexible));")
        lines.append(f"{pad}  }}")
        if field.nullable:
            lines += [f"{pad}}} else {{", f"{pad}  {target}.reset();"]
        lines.append(f"{pad}}}")
        return lines
    if field.is_struct:
        return [f"{pad}{target}.DecodeFrom(reader, version);"]
    if field.base in SCALARS:
        return [f"{pad}{target} = reader.{SCALARS[field.base][1]}();"]
    method = VARIABLE[field.base][1]
    if not field.nullable or field.base == "records":
        return [f"{pad}{target} = reader.{method}(flexible);"]
    test = api.condition(field.null_versions)
    if test:
        return [f"{pad}if ({test}) {{", f"{pad}  {target} = reader.Nullable{method}(flexible);", f"{pad}}} else {{",
                f"{pad}  {target} = reader.{method}(flexible);", f"{pad}}}"]
    return [f"{pad}{target} = reader.Nullable{method}(flexible);"]


def encode_value(api, field, source, writer, pad):
    if field.array:
        lines = []
        items = source
        if field.nullable:
            test = api.condition(field.null_versions)
            null = f"{writer}.ArrayLength({test} ? -1 : 0, flexible);" if test else f"{writer}.ArrayLength(-1, flexible);"
            lines += [f"{pad}if (!{source}) {{", f"{pad}  {null}", f"{pad}}} else {{"]
            items, pad = f"(*{source})", pad + "  "
        lines.append(f"{pad}{writer}.ArrayLength(static_cast<std::int64_t>({items}.size()), flexible);")
        lines.append(f"{pad}for (const auto& item : {items}) {{")
        if field.is_struct:
            lines.append(f"{pad}  item.EncodeTo({writer}, version);")
        elif field.base in SCALARS:
            lines.append(f"{pad}  {writer}.{SCALARS[field.base][1]}(item);")
        else:
            lines.append(f"{pad}  {writer}.{VARIABLE[field.base][1]}(item, flexible);")
        lines.append(f"{pad}}}")
        if field.nullable:
            lines.append(f"{pad[2:]}}}")
        return lines
    if field.is_struct:
        return [f"{pad}{source}.EncodeTo({writer}, version);"]
    if field.base in SCALARS:
        return [f"{pad}{writer}.{SCALARS[field.base][1]}({source});"]
    method = VARIABLE[field.base][1]
    if not field.nullable or field.base == "records":
        return [f"{pad}{writer}.{method}({source}, flexible);"]
    test = api.condition(field.null_versions)
    if test:
        return [f"{pad}if ({test}) {{", f"{pad}  {writer}.Nullable{method}({source}, flexible);", f"{pad}}} else {{",
                f"{pad}  {writer}.{method}({source}.value_or(\"\"), flexible);", f"{pad}}}"]
    return [f"{pad}{writer}.Nullable{method}({source}, flexible);"]


def guarded(test, lines):
    if test is None:
        return lines
    return [f"  if ({test}) {{"] + ["  " + line for line in lines] + ["  }"]


def decode_body(api, fields):
    out = ["  [[maybe_unused]] const bool flexible = version >= " + str(api.flexible) + ";"]
    for field in fields:
        if field.tag is None:
            out += guarded(api.condition(field.versions), decode_value(api, field, f"this->{field.name}", "  "))
    if api.flexible <= api.last:
        out += ["  if (!flexible) return;", "  for (TagReader tags(reader); tags.Next();) {", "    switch (tags.tag()) {"]
        for field in fields:
            if field.tag is not None:
                out.append(f"      case {field.tag}:")
                test = api.condition(field.versions)
                if test:
                    out += [f"        if (!({test})) {{", "          tags.Skip();", "          break;", "        }"]
                out += decode_value(api, field, f"this->{field.name}", "        ")
                out.append("        break;")
        out += ["      default: tags.Skip(); break;", "    }", "  }"]
    return out


def encode_body(api, fields):
    out = ["  [[maybe_unused]] const bool flexible = version >= " + str(api.flexible) + ";"]
    for field in fields:
        if field.tag is None:
            out += guarded(api.condition(field.versions), encode_value(api, field, f"this->{field.name}", "writer", "  "))
    if api.flexible > api.last:
        return out
    out.append("  if (!flexible) return;")
    tagged = sorted((f for f in fields if f.tag is not None), key=lambda f: f.tag)
    if not tagged:
        return out + ["  writer.UnsignedVarint(0);"]
    out.append("  std::uint32_t tags = 0;")
    for field in tagged:
        test = api.condition(field.versions)
        prefix = f"{test} && " if test else ""
        out.append(f"  const bool has_{field.name} = {prefix}!(this->{field.name} == {field.cpp()}{{{field.initial()}}});")
        out.append(f"  tags += has_{field.name} ? 1 : 0;")
    out.append("  writer.UnsignedVarint(tags);")
    for field in tagged:
        out += [f"  if (has_{field.name}) {{", "    Writer value;"]
        out += encode_value(api, field, f"this->{field.name}", "value", "    ")
        out += [f"    writer.Tag({field.tag}, value);", "  }"]
    return out


def struct_source(api, scope, fields):
    out = []
    for field in fields:
        if field.is_struct:
            out += struct_source(api, f"{scope}::{field.base}", field.fields)
    out += [f"void {scope}::DecodeFrom(Reader& reader, [[maybe_unused]] std::int16_t version) {{"] + decode_body(api, fields) + ["}", ""]
    out += [f"void {scope}::EncodeTo(Writer& writer, [[maybe_unused]] std::int16_t version) const {{"] + encode_body(api, fields) + ["}", ""]
    return out


def source(api):
    out = ["// Made by tools/kafka_codegen.py; do not edit.", f'#include "kafka/protocol/messages/{api.file}.h"', "",
           "namespace floe::kafka {", ""]
    out += struct_source(api, api.request.name, api.request.fields)
    out += struct_source(api, api.response.name, api.response.fields)
    out += ["}  // namespace floe::kafka", ""]
    # An empty non-flexible body leaves `reader` unused otherwise.
    return "\n".join(out)


def all_header(apis):
    out = ["// Made by tools/kafka_codegen.py; do not edit.", "#pragma once", "", "#include <type_traits>", ""]
    out += [f'#include "kafka/protocol/messages/{api.file}.h"' for api in apis]
    out += ["", "namespace floe::kafka {", "",
            "/// Calls visit(std::type_identity<Request>, std::type_identity<Response>) once per api of the tables.",
            "template <typename Visitor>", "void VisitMessages(Visitor&& visit) {"]
    out += [f"  visit(std::type_identity<{a.request.name}>{{}}, std::type_identity<{a.response.name}>{{}});" for a in apis]
    out += ["}", "", "}  // namespace floe::kafka", ""]
    return "\n".join(out)


def write(path, text):
    """Leaves an unchanged file alone, so that nothing is compiled again for it."""
    try:
        with open(path, encoding="utf-8") as old:
            if old.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path, "w", encoding="utf-8") as new:
        new.write(text)


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    listing = arguments[0] == "--list"
    try:
        apis = sorted((Api(path) for path in arguments[1:]), key=lambda api: api.key)
    except (TableError, OSError, ValueError) as error:
        print(f"kafka_codegen: {error}", file=sys.stderr)
        return 1
    if listing:
        print("\n".join(["all.h"] + [f"{api.file}.{end}" for api in apis for end in ("h", "cc")]))
        return 0
    folder = os.path.join(arguments[0], "kafka", "protocol", "messages")
    os.makedirs(folder, exist_ok=True)
    for api in apis:
        write(os.path.join(folder, api.file + ".h"), header(api))
        write(os.path.join(folder, api.file + ".cc"), source(api))
    write(os.path.join(folder, "all.h"), all_header(apis))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
