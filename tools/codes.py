#!/usr/bin/env python3
"""Turns src/proto/dc09/codes.tsv into the two sorted C tables of dc09_codes.h:  codes.py TSV OUT"""
import sys

tables = {"cid": [], "sia": []}
for number, line in enumerate(open(sys.argv[1], encoding="utf-8"), 1):
    if line.startswith("#") or not line.strip():
        continue
    fields = line.rstrip("\n").split("\t")
    if len(fields) != 6 or fields[0] not in tables:
        sys.exit(f"{sys.argv[1]}:{number}: want table, code, class, severity, Chinese, English")
    tables[fields[0]].append(fields[1:])
with open(sys.argv[2], "w", encoding="utf-8") as out:
    out.write("/* Made by tools/codes.py from codes.tsv. */\n")
    for name, rows in tables.items():
        codes = [row[0] for row in rows]
        if len(set(codes)) != len(codes):
            sys.exit(f"{name}: a code stands twice: {sorted(c for c in codes if codes.count(c) > 1)}")
        defaults = {"panic": 1, "holdup": 1, "duress": 1, "fire": 1, "gas": 1, "medical": 1, "burglary": 2, "tamper": 2, "environment": 3,
                    "unclassified": 3, "line": 3, "power": 4, "trouble": 4, "comm": 4, "bypass": 4}
        out.write(f"static const struct dc09_code {name}_codes[] = {{\n")
        for code, kind, severity, zh, en in sorted(rows):
            restore = "true" if severity == "r" else "false"
            level = severity if severity.isdigit() else defaults.get(kind, 0)
            out.write(f'    {{"{code}", CLASS_{kind.upper()}, {level}, {restore}, "{zh}", "{en}"}},\n')
        out.write("};\n")
