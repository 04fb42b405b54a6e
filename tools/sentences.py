#!/usr/bin/env python3
"""What users read when something is refused, in two languages (src/base/sentences.tsv: English format, tab, Chinese format).

    sentences.py table TSV OUT    makes the sorted C table of sentence.c; formats whose conversions differ end it
    sentences.py check TSV        every format of the code has a row, and every row is a format of the code (or a word, in the second part)
"""
import re
import sys
from pathlib import Path

CONVERSION = re.compile(r"%[-+ #0]*(\*|\d+)?(?:\.(\*|\d+))?(hh|h|ll|l|z|j|t)?([diouxXcsfgeEGp%])")
CALLS = re.compile(r"\b(call_fail|tx_fail|schema_fail|plan_wrong|words_wrong|sentence_print)\(")
FORMAT_AT = {"call_fail": 2, "tx_fail": 2, "schema_fail": 2, "plan_wrong": 2, "words_wrong": 1, "sentence_print": 3}
WORDS = "# words"


def conversions(text):
    return [(m.group(1) == "*", m.group(2) == "*", m.group(3), m.group(4)) for m in CONVERSION.finditer(text) if m.group(4) != "%"]


def rows(path):
    """(English, Chinese, whether it is a word) by line; texts are C string contents, as they stand in the code."""
    words, seen = False, set()
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        words = words or line.startswith(WORDS)
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 2 or not all(fields):
            sys.exit(f"{path}:{number}: want an English sentence, a tab, the Chinese one")
        if fields[0] in seen:
            sys.exit(f"{path}:{number}: stands above already: {fields[0]}")
        if conversions(fields[0]) != conversions(fields[1]):
            sys.exit(f"{path}:{number}: the conversions differ")
        seen.add(fields[0])
        yield fields[0], fields[1], words


def table(path, out):
    all_rows = sorted(rows(path), key=lambda row: bytes(row[0], "utf-8").decode("unicode_escape").encode("latin-1", "replace") if "\\" in row[0] else row[0].encode())
    with open(out, "w", encoding="utf-8") as file:
        file.write("/* Made by tools/sentences.py from sentences.tsv. */\nstatic const struct sentence sentences[] = {\n")
        for english, chinese, _ in all_rows:
            file.write(f'    {{"{english}", "{chinese}"}},\n')
        file.write("};\n")


def arguments(text, at):
    """The arguments of a call whose bracket was just opened, strings kept whole."""
    depth, begun, found, inside = 1, at, [], False
    while depth:
        c = text[at]
        if inside:
            at += c == "\\"
            inside = c != '"'
        elif c == '"':
            inside = True
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and depth == 1:
            found.append(text[begun:at])
            begun = at + 1
        at += 1
    return found + [text[begun:at - 1]]


def formats_of_code():
    for path in sorted(Path("src").rglob("*.c")):
        text = path.read_text(encoding="utf-8")
        for call in CALLS.finditer(text):
            words = arguments(text, call.end())
            if len(words) <= FORMAT_AT[call.group(1)] or "const char *" in words[FORMAT_AT[call.group(1)]]:
                continue
            for piece in re.split(r"[?:](?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", words[FORMAT_AT[call.group(1)]]):
                literals = re.findall(r'"((?:[^"\\]|\\.)*)"', piece)
                if literals:
                    yield "".join(literals), f"{path}:{text.count(chr(10), 0, call.start()) + 1}"
    for match in re.finditer(r'X\(\w+, \d+, "([^"]*)"\)', Path("src/base/err.h").read_text(encoding="utf-8")):
        yield match.group(1), "src/base/err.h"


def check(path):
    have = {english: word for english, _, word in rows(path)}
    used, bad = set(), 0
    for english, where in formats_of_code():
        used.add(english)
        if english not in have and re.search(r"[A-Za-z]{2}", CONVERSION.sub("", english)):
            print(f"{where}: has no row in {path}: {english}")
            bad += 1
    for english, word in have.items():
        if english not in used and not word:
            print(f"{path}: no code says this: {english}")
            bad += 1
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["table"] and len(sys.argv) == 4:
        table(sys.argv[2], sys.argv[3])
    elif sys.argv[1:2] == ["check"] and len(sys.argv) == 3:
        check(sys.argv[2])
    else:
        sys.exit(__doc__)
