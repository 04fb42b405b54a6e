#!/usr/bin/env python3
"""Turns the .sql files of the tree into C and into a PostgreSQL check script.

    sql.py OUT_DIR FILE...

A file named NNNN_noun.sql is a migration; any other holds statements, each below a line `-- name: noun_verb`. Writes
sql_ids.h (the enum), sql_text.h (the texts, included by db_sqlite.c alone) and sql_postgres.sql (every migration and one PREPARE
per statement). Parameters are $1, $2 … in order of first use, because SQLite numbers them so and PostgreSQL by name.
"""
import re
import sys
from pathlib import Path


def statements(path):
    name, lines = None, []
    for line in path.read_text(encoding="utf-8").splitlines():
        mark = re.match(r"-- name: (\w+)\s*$", line)
        if mark:
            if name:
                yield name, "\n".join(lines).strip().rstrip(";")
            name, lines = mark.group(1), []
        elif name and not line.lstrip().startswith("--"):
            lines.append(line)
    if name:
        yield name, "\n".join(lines).strip().rstrip(";")


def check(path, name, text):
    seen = []
    for number in re.findall(r"\$(\d+)", text):
        if int(number) not in seen:
            seen.append(int(number))
    if seen != list(range(1, len(seen) + 1)):
        sys.exit(f"{path}: {name}: parameters must first appear in the order $1, $2, …; found {seen}")


def quoted(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n    ".join('"' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"' for line in lines)


def without_comments(text):
    return re.sub(r"--[^\n]*", "", text)


def to_postgres(text):
    """The few words of the schema that differ: types of a strict table, and the options behind it."""
    text = re.sub(r"\bINTEGER\b", "BIGINT", text)
    text = re.sub(r"\bBLOB\b", "BYTEA", text)
    text = re.sub(r"\bREAL\b", "DOUBLE PRECISION", text)
    return re.sub(r"\)\s*(STRICT(,\s*WITHOUT ROWID)?|WITHOUT ROWID)\s*;", ");", text)


def main():
    out, files = Path(sys.argv[1]), [Path(f) for f in sys.argv[2:]]
    migrations, named = [], []
    for path in files:
        number = re.match(r"(\d{4})_(\w+)\.sql$", path.name)
        if number:
            migrations.append((int(number.group(1)), path.stem, path.read_text(encoding="utf-8")))
        else:
            for name, text in statements(path):
                check(path, name, text)
                named.append((name, text))
    migrations.sort()
    named.sort()
    for one, other in zip(named, named[1:]):
        if one[0] == other[0]:
            sys.exit(f"two statements are named {one[0]}")
    ids = "".join(f"    SQL_{name.upper()},\n" for name, _ in named)
    (out / "sql_ids.h").write_text(
        "/* Made by tools/sql.py from the .sql files. */\n#ifndef HX_SQL_IDS_H\n#define HX_SQL_IDS_H\n\n"
        f"enum sql_id {{\n{ids}    SQL_COUNT\n}};\n\n#endif\n")
    body = ["/* Made by tools/sql.py from the .sql files. */\n#ifndef HX_SQL_TEXT_H\n#define HX_SQL_TEXT_H\n",
            "struct sql_text {\n    const char *name, *text;\n};\nstruct sql_migration {\n    int number;\n    const char *name, *text;\n};\n",
            "static const struct sql_text sql_texts[] = {"]
    body += [f'    {{"{name}",\n    {quoted(text)}}},' for name, text in named]
    body.append("};\nstatic const struct sql_migration sql_migrations[] = {")
    body += [f'    {{{number}, "{name}",\n    {quoted(without_comments(text))}}},' for number, name, text in migrations]
    body.append("};\nstatic const size_t sql_migration_count = sizeof sql_migrations / sizeof sql_migrations[0];\n\n#endif\n")
    (out / "sql_text.h").write_text("\n".join(body))
    postgres = ["\\set ON_ERROR_STOP on",
                "CREATE TABLE migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, done_at BIGINT NOT NULL);"]
    postgres += [to_postgres(without_comments(text)) for _, _, text in migrations]
    postgres += [f"PREPARE {name} AS {text};" for name, text in named]
    (out / "sql_postgres.sql").write_text("\n".join(postgres) + "\n")


main()
