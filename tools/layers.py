#!/usr/bin/env python3
"""Reads the #include lines of src/ and fails where a folder includes what its row does not allow."""
import re
import sys
from pathlib import Path

FLOOR = {"base": set(), "io": {"base"}, "store": {"base", "io"}, "journal": {"base", "io", "store"}, "signal": {"base", "io", "store", "journal"},
         "api": {"base", "io", "store", "journal", "signal"}}
ALL_FLOOR = set(FLOOR)
# A protocol ends at the signal; a domain folder stands on the floor and names the neighbours it needs.
NEEDS = {"domain/campus": set(), "domain/incident": set(), "domain/alarm": {"domain/incident"}, "domain/plan": set(),
         "domain/dispatch": {"domain/camera", "domain/campus", "domain/incident"}, "domain/presence": set(), "domain/post": {"domain/campus", "domain/dispatch", "domain/presence"},
         "domain/rota": {"domain/post"}, "domain/lesson": set(), "domain/broadcast": {"domain/camera"}, "domain/drill": {"domain/incident", "domain/message", "domain/plan"}, "domain/equipment": set(), "domain/camera": set(), "domain/handoff": {"domain/incident"}, "domain/identity": set(), "domain/message": {"domain/incident", "notify"}, "domain/report": set(), "domain/posture": {"domain/incident", "domain/message", "notify"}, "domain/family": {"domain/gate", "domain/post", "domain/posture", "domain/vehicle"}, "domain/gate": {"domain/posture"}, "domain/webhook": set(), "domain/cascade": {"domain/camera"}, "domain/arc": {"proto/dc09"}, "domain/child": {"domain/webhook"}, "domain/hotline": {"domain/incident"}, "domain/bulletin": {"proto/cap"}, "domain/health": {"domain/vehicle"}, "domain/handover": set(), "domain/warning": {"domain/post", "domain/incident", "domain/dispatch", "domain/message"}, "domain/patrol": {"domain/campus", "domain/post", "domain/incident", "domain/presence"}, "domain/vehicle": {"domain/camera", "domain/campus", "domain/incident", "domain/post"}}


def folder_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in ("proto", "domain") and len(parts) > 1 else parts[0]


def allowed(folder):
    if folder in FLOOR:
        return FLOOR[folder] | {folder}
    if folder in ("proto/sip", "proto/rtp", "proto/jt1078"):
        return {"base", folder}  # what several protocols are made of
    if folder.startswith("proto/"):
        return {"base", "io", "store", "journal", "signal", "proto/sip", "proto/jt1078", folder}
    if folder.startswith("domain/"):
        return ALL_FLOOR | NEEDS.get(folder, set()) | {folder}
    if folder == "notify":
        return {"base", "io", "store", "journal", "notify", "proto/sip", "proto/rtp"}
    if folder == "paper":
        return {"base", "paper"}
    if folder == "pull":
        return {"base", "media", "pull"}
    if folder == "media":
        return {"base", "io", "media", "proto/rtp", "proto/jt1078"}
    return None  # app sees everything


def main():
    root, bad = Path("src"), 0
    names = {}
    for file in sorted(root.rglob("*.[ch]")):
        if file.name in names:
            print(f"{file}: the name is taken by {names[file.name]}: an address in a log must be unique")
            bad += 1
        names[file.name] = file
        folder, is_test = folder_of(file.relative_to(root).as_posix()), re.search(r"_(test|fuzz|alone)\.c$", file.name)
        may = allowed(folder)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            match = re.match(r'#include "([^"]+)"', line)
            if not match or may is None or is_test or "/" not in match.group(1):
                continue
            other = folder_of(match.group(1))
            if other not in may:
                print(f"{file}:{number}: {folder} may not include {other}")
                bad += 1
    print("layers: every include is allowed" if not bad else f"layers: {bad} faults")
    sys.exit(1 if bad else 0)


main()
