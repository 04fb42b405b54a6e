/* How far a report of having been somewhere may be believed (product.md section 7). */
#ifndef HX_PRESENCE_H
#define HX_PRESENCE_H

#include "api/api.h"

/* What a phone says: times in UTC ms, degrees of WGS-84. */
struct presence {
    int64_t person_id, device_at, now_ms;
    const char *phone; /* the app's own name of the phone; "" unknown */
    bool placed;
    double lon, lat, accuracy_m;
    enum record_standing record;
};

/* Where it should have been. */
struct presence_place {
    double lon, lat, radius_m;
    bool coded;      /* a code of the place fits, and says it better than any position */
    bool wrong_code; /* one came and does not fit */
};

/* Reads `lon`, `lat`, `accuracy_m` and `device` of the body in hand; device_at as call_told_at gave it. */
struct presence presence_read(const struct call *c, int64_t device_at);
/* Adds {reason, value} for each doubt. */
void presence_weigh_place(const struct presence *p, const struct presence_place *place, json_t *doubts);
void presence_weigh_person(struct db *db, const struct presence *p, json_t *doubts);
/* "alone" unless the person scanned another member's code in the time. */
void presence_weigh_company(struct db *db, int64_t person_id, int64_t from_ms, int64_t to_ms, json_t *doubts);
/* "green" without doubts, else "amber". */
const char *presence_proof(const json_t *doubts);

/* Reads `HXB:TAG:PERSON:STEP:SIGNATURE`, the code on a member's phone: signed by it are "huxue-buddy-1 ⏎ person ⏎ step", the step
 * of 30 s of UTC. Pure. */
struct buddy_code {
    char tag[17];
    int64_t person_id, step;
    uint8_t signature[P256_SIGNATURE_BYTES];
};
bool buddy_read(struct str text, struct buddy_code *out);
bool buddy_verify(const struct buddy_code *code, const uint8_t key[P256_POINT_BYTES]);

extern const struct hx_module presence_module;

#endif
