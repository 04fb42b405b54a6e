#!/usr/bin/env python3
"""Makes docs/api/openapi.json from the *.api files of the tree:  openapi.py OUT FILE...

An .api file has operations and schemas, a line each with indented lines below:

    operation POST /v1/schools schoolAdd school.write 201
      text Adds a school
      query q limit            names of query parameters
      body SchoolNew           the JSON body's schema
      body? X                  an optional one
      body text/csv            any other content
      reply School | [School] | any | image/png
    schema SchoolNew
      name string 1..64        a field; `?` behind the name: may be left out; `~` behind the type: may be null
      kind enum(a|b)           types: string int number bool time any enum() [type] or a schema's name; then min..max
"""
import json
import re
import sys

PRIMITIVE = {"string": {"type": "string"}, "int": {"type": "integer"}, "number": {"type": "number"}, "bool": {"type": "boolean"},
             "time": {"type": "string", "format": "date-time"}, "any": {}}
NUMERIC_QUERY = {"after", "before", "limit", "school", "subject"}


def field_type(word, where):
    nullable = word.endswith("~")
    word = word.rstrip("~")
    if word.startswith("["):
        made = {"type": "array", "items": field_type(word[1:-1], where)}
    elif word.startswith("enum("):
        made = {"type": "string", "enum": word[5:-1].split("|")}
    elif word in PRIMITIVE:
        made = dict(PRIMITIVE[word])
    elif word[0].isupper():
        return {"anyOf": [{"$ref": f"#/components/schemas/{word}"}, {"type": "null"}]} if nullable else {"$ref": f"#/components/schemas/{word}"}
    else:
        sys.exit(f"{where}: no such type: {word}")
    if nullable and "type" in made:
        made["type"] = [made["type"], "null"]
        if "enum" in made:
            made["enum"].append(None)
    return made


def bound(made, text):
    low, high = text.split("..")
    kind = made["type"][0] if isinstance(made["type"], list) else made["type"]
    names = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}.get(kind, ("minimum", "maximum"))
    for name, value in zip(names, (low, high)):
        if value:
            made[name] = float(value) if "." in value else int(value)


def problem(text):
    return {"description": text, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def operation(words):
    method, path, name, perm = words[:4]
    parameters = [{"name": p, "in": "path", "required": True, "schema": {"type": "string"}} for p in re.findall(r"{(\w+)}", path)]
    made = {"operationId": name, "x-permission": perm, "tags": [path.split("/")[2].split(".")[0]], "parameters": parameters, "responses": {}}
    if perm == "none":
        made["security"] = []
    if method != "GET":
        made["parameters"].append({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 79}})
        made["parameters"].append({"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": "the version that the client saw"})
    return method.lower(), path, made, words[4] if len(words) > 4 else "200"


def content_of(word, where):
    if "/" in word:
        return {word: {"schema": {"type": "string"}}}
    if word.startswith("["):
        items = field_type(word, where)
        return {"application/json": {"schema": {"type": "object", "required": ["items"], "properties": {"items": items}}}}
    return {"application/json": {"schema": field_type(word, where)}}


def read(file, document):
    current, status = None, "200"
    for number, line in enumerate(open(file, encoding="utf-8"), 1):
        where, words = f"{file}:{number}", line.split()
        if not words or words[0].startswith("#"):
            continue
        if line.startswith("operation "):
            method, path, current, status = operation(words[1:])
            if method in document["paths"].setdefault(path, {}):
                sys.exit(f"{where}: {method} {path} stands twice")
            document["paths"][path][method] = current
            current["responses"][status] = {"description": "done"}
            if current["x-permission"] != "none":
                current["responses"]["401"] = {"$ref": "#/components/responses/Unauthenticated"}
                current["responses"]["403"] = {"$ref": "#/components/responses/Forbidden"}
            if method != "get":
                current["responses"]["409"] = {"$ref": "#/components/responses/Conflict"}
                current["responses"]["422"] = {"$ref": "#/components/responses/Invalid"}
            if "{" in path:
                current["responses"]["404"] = {"$ref": "#/components/responses/NotFound"}
        elif line.startswith("schema "):
            current = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
            if words[1] in document["components"]["schemas"]:
                sys.exit(f"{where}: schema {words[1]} stands twice")
            document["components"]["schemas"][words[1]] = current
        elif "operationId" in current:
            if words[0] == "text":
                current["summary"] = " ".join(words[1:])
            elif words[0] == "query":
                current["parameters"] += [{"name": q, "in": "query", "schema": {"type": "integer" if q in NUMERIC_QUERY else "string"}} for q in words[1:]]
            elif words[0] in ("body", "body?"):
                current["requestBody"] = {"required": words[0] == "body", "content": content_of(words[1], where)}
            elif words[0] == "reply":
                current["responses"][status]["content"] = content_of(words[1], where)
            else:
                sys.exit(f"{where}: what is {words[0]}?")
        else:
            name, optional = words[0].rstrip("?"), words[0].endswith("?")
            made = field_type(words[1], where)
            if len(words) > 2:
                bound(made, words[2])
            current["properties"][name] = made
            if not optional:
                current["required"].append(name)


def main():
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Huxue 护学", "version": "1", "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
                 "description": "Times are RFC 3339 UTC with milliseconds. Errors are application/problem+json with code, detail and trace. "
                                "Lists page by after and limit. Writes take Idempotency-Key; changes of state take If-Match with the version."},
        "security": [{"bearer": []}, {"cookie": []}],
        "paths": {},
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}, "cookie": {"type": "apiKey", "in": "cookie", "name": "huxue"}},
            "responses": {"Unauthenticated": problem("sign in first"), "Forbidden": problem("the permission is missing"),
                          "NotFound": problem("no such record, or not yours to see"), "Conflict": problem("the record has moved on, or the move is not allowed"),
                          "Invalid": problem("a field is missing or out of its range")},
            "schemas": {"Problem": {"type": "object", "required": ["type", "title", "status", "code", "detail", "trace"],
                                    "properties": {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                                                   "code": {"type": "string"}, "detail": {"type": "string"}, "trace": {"type": "string"}, "current": {}}}}}}
    for file in sys.argv[2:]:
        read(file, document)
    document["paths"] = dict(sorted(document["paths"].items()))
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        json.dump(document, out, ensure_ascii=False, indent=1)
        out.write("\n")


main()
