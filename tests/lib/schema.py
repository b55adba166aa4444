# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does a value fit a JSON schema of our openapi.json? As much of JSON Schema as that uses."""

import uuid

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}


def is_type(value, name):
    return isinstance(value, TYPES[name]) and not (name == "integer" and isinstance(value, bool))


def complaints(document, schema, value, path=""):
    """What is wrong, a line each."""
    if "$ref" in schema:
        target = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return complaints(document, target, value, path)
    if "anyOf" in schema:
        found = [complaints(document, one, value, path) for one in schema["anyOf"]]
        return [] if [] in found else found[0]
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(is_type(value, name) for name in types):
        return [f"{path}: {value!r} is no {' or '.join(types)}"]
    found = []
    if schema.get("format") == "uuid":
        try:
            uuid.UUID(value)
        except ValueError:
            found.append(f"{path}: {value!r} is no UUID")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path}: {value!r} is none of {schema['enum']}")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{path}.{name} is missing" for name in schema.get("required", []) if name not in value]
        if schema.get("additionalProperties") is False:
            found += [f"{path}.{name} is not described (src/web/describe.c)" for name in value if name not in known]
        for name, member in value.items():
            if name in known:
                found += complaints(document, known[name], member, f"{path}.{name}")
    if isinstance(value, list) and "items" in schema:
        for index, member in enumerate(value):
            found += complaints(document, schema["items"], member, f"{path}[{index}]")
    return found
