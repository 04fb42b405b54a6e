#!/usr/bin/env python3
"""A synthetic rota instance in the file format of `huxue rota solve`: stations and posts strewn over the counties' towns.
usage: rota_instance.py GEOJSON OUT.json [--days 20] [--officers 2500] [--schools 1144] [--county CODE] [--seed 1] [--leave 0.2]
A school has one slot for any officer; a quarter stand on arterial roads and want traffic police too, 15 % want an armed officer."""
import argparse
import json
import random

METRES_LON, METRES_LAT = 100_900, 110_900  # of a degree at 25.4 N


def main():
    a = argparse.ArgumentParser()
    a.add_argument("geojson"), a.add_argument("out")
    for name, kind, value in (("days", int, 20), ("officers", int, 2500), ("schools", int, 1144), ("seed", int, 1), ("leave", float, 0.2), ("county", str, "")):
        a.add_argument("--" + name, type=kind, default=value)
    o = a.parse_args()
    rng = random.Random(o.seed)
    counties = [f for f in json.load(open(o.geojson))["features"] if o.county in ("", str(f["id"]))]
    share = {"522301": .31, "522302": .14, "522323": .09, "522324": .09, "522325": .11, "522326": .09, "522327": .06, "522328": .11}
    whole = sum(share[str(f["id"])] for f in counties)
    officers, slots = [], []
    for f in counties:
        part = share[str(f["id"])] / whole
        seat = f["properties"]["centre"]
        towns = [seat, seat] + [(seat[0] + rng.gauss(0, .15), seat[1] + rng.gauss(0, .12)) for _ in f["properties"]["towns"][2:]]
        own = []
        for i in range(round(o.schools * part)):
            town = rng.choice(towns[:2] if rng.random() < .3 else towns)
            place = {"x_m": round((town[0] + rng.gauss(0, .02)) * METRES_LON), "y_m": round((town[1] + rng.gauss(0, .02)) * METRES_LAT)}
            needs = ["any"] + (["traffic"] if rng.random() < .25 else []) + (["armed"] if rng.random() < .15 else [])
            own += [{"post": f"{f['id']}-{i}", **place, "need": need} for need in needs]
        slots += own
        count = round(o.officers * part)
        for i in range(count):
            traffic = i < count * .22
            town = rng.choice(towns[:1] * 3 + towns[2:6]) if traffic else rng.choice(towns)
            kind = "traffic" if traffic else "police" if rng.random() < .7 else "auxiliary"
            free = [["1", "1"] for _ in range(o.days)]
            if rng.random() < o.leave:
                length = rng.randint(1, min(10, o.days))
                first = rng.randint(0, o.days - length)
                for d in range(first, first + length):
                    free[d] = ["0", "0"]
            phase = rng.randint(0, 7)
            for d in range(o.days):
                if (d + phase) % 8 == 0:  # after a night duty no first peak
                    free[d][0] = "0"
            officers.append({"id": f"{f['id']}-{i}", "x_m": round(town[0] * METRES_LON), "y_m": round(town[1] * METRES_LAT), "kind": kind,
                             "armed": kind == "police" and rng.random() < .6, "available": ["".join(d) for d in free]})
    instance = {"days": o.days, "days_per_week": 5, "peaks": 2, "cap_week": 8, "cap_day": 2, "weights": {"per_100m": 1, "fairness": 2, "uncovered": 1000000},
                "officers": officers, "slots": slots}
    json.dump(instance, open(o.out, "w"))
    print(len(officers), "officers,", len(slots), "slots a peak,", len(slots) * 2 * o.days, "slots in all")


main()
