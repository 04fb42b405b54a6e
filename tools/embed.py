#!/usr/bin/env python3
"""Puts files into the program:  embed.py OUT.S OUT.c NAME=FILE... [DIR]

Files under DIR (the built console) are embedded gzipped under their path with '/web/' before it; NAME=FILE as they are.
"""
import gzip
import sys
from hashlib import sha256
from pathlib import Path

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png",
         ".json": "application/json", ".webmanifest": "application/manifest+json", ".ico": "image/x-icon", ".txt": "text/plain; charset=utf-8"}
asm, table, out_dir = [".section .rodata\n"], [], Path(sys.argv[1]).parent / "embedded"
out_dir.mkdir(exist_ok=True)


def add(name, content, gzipped):
    number = len(table)
    etag = sha256(content).hexdigest()[:16]
    if gzipped:
        content = gzip.compress(content, 9, mtime=0)
    part = out_dir / str(number)
    part.write_bytes(content)
    asm.append(f'.balign 16\n.globl embedded_{number}\nembedded_{number}:\n.incbin "{part.resolve()}"\n.byte 0\n')
    table.append((name, number, len(content), TYPES.get(Path(name).suffix, "application/octet-stream"), etag, gzipped))


for argument in sys.argv[3:]:
    if "=" in argument:
        name, file = argument.split("=", 1)
        add(name, Path(file).read_bytes(), False)
    else:
        top = Path(argument)
        for file in sorted(p for p in top.rglob("*") if p.is_file()):
            add("/web/" + file.relative_to(top).as_posix(), file.read_bytes(), True)
Path(sys.argv[1]).write_text("".join(asm) + '.section .note.GNU-stack,"",@progbits\n')
with open(sys.argv[2], "w", encoding="utf-8") as c:
    c.write('/* Made by tools/embed.py. */\n#include "base/embedded.h"\n\n#include <string.h>\n\n')
    c.writelines(f"extern const char embedded_{number}[];\n" for _, number, *_ in table)
    c.write("\nconst struct embedded_file embedded_files[] = {\n")
    for name, number, size, kind, etag, gzipped in table:
        c.write(f'    {{"{name}", embedded_{number}, {size}, "{kind}", "\\"{etag}\\"", {"true" if gzipped else "false"}}},\n')
    c.write("};\nconst size_t embedded_count = sizeof embedded_files / sizeof embedded_files[0];\n\n"
            "const struct embedded_file *embedded_find(const char *name)\n{\n    for (size_t i = 0; i < embedded_count; i++)\n"
            "        if (strcmp(embedded_files[i].name, name) == 0) return &embedded_files[i];\n    return 0;\n}\n")
