/* An incident's life. The state machine is the table in incident_state.c; what is not in it cannot happen. */
#ifndef HX_INCIDENT_H
#define HX_INCIDENT_H

#include "api/api.h"

#define INCIDENT_STATE_MAP(X)                                                                             \
    X(OPEN, "open") X(ACKED, "acked") X(CONFIRMED, "confirmed") X(DISPATCHED, "dispatched") X(ON_SCENE, "on_scene") \
    X(CONTROLLED, "controlled") X(CLOSED, "closed") X(REVIEWED, "reviewed") X(ARCHIVED, "archived")        \
    X(CANCELLED, "cancelled") X(MERGED, "merged") X(HANDED_OVER, "handed_over")
#define INCIDENT_ACT_MAP(X)                                                                               \
    X(ACK, "ack") X(CONFIRM, "confirm") X(DISPATCH, "dispatch") X(ARRIVE, "arrive") X(CONTROL, "control") X(CLOSE, "close") \
    X(REVIEW, "review") X(ARCHIVE, "archive") X(CANCEL, "cancel") X(MERGE, "merge") X(HAND_OVER, "hand_over") X(REOPEN, "reopen")

enum incident_state {
#define X(id, name) INCIDENT_##id,
    INCIDENT_STATE_MAP(X)
#undef X
    INCIDENT_STATE_COUNT
};
enum incident_act {
#define X(id, name) INCIDENT_ACT_##id,
    INCIDENT_ACT_MAP(X)
#undef X
    INCIDENT_ACT_COUNT
};

const char *incident_state_name(enum incident_state s);
enum incident_state incident_state_of(const char *name); /* INCIDENT_STATE_COUNT when unknown */
const char *incident_act_name(enum incident_act a);
/* Where `act` leads from `from`; false when the move is not in the table. A severity of 1 opens one move more: dispatch
 * before anybody confirmed or even acknowledged. */
bool incident_next(enum incident_state from, enum incident_act act, int severity, enum incident_state *to);

struct incident_head {
    enum incident_state state;
    int severity;
    int64_t school_id, epoch, acked_at, dispatched_at, on_scene_at, opened_at, closed_at, cancel_asked_by;
    bool drill;
    char title[160], title_en[160], class[24];
};
enum hx_err incident_read(struct db *db, int64_t id, struct incident_head *head) HX_MUST_USE;
/* Makes the move and its epoch; ILLEGAL with tx->detail when the table has none. Writes no event. */
enum hx_err incident_move(struct tx *tx, int64_t id, enum incident_act act) HX_MUST_USE;
/* Writes `type` with the whole record, plus `extra`'s fields under "change" (taken over, may be NULL). */
enum hx_err incident_tell(struct tx *tx, int64_t id, const char *type, json_t *extra) HX_MUST_USE;

struct incident_new {
    int64_t school_id;
    const char *title, *title_en; /* title_en: NULL where a person wrote the title */
    const char *class, *source, *caller, *caller_phone, *story;
    int severity;
    bool drill;
    double lon, lat; /* both 0: the school's */
};
/* Opens an incident with its escalation timers and writes incident.opened. */
enum hx_err incident_open(struct tx *tx, const struct incident_new *n, int64_t *id) HX_MUST_USE;
/* An alarm or a further signal of one arrived for this incident: counts, raises, re-sounds. */
enum hx_err incident_feed(struct tx *tx, int64_t id, const struct incident_new *from, bool new_alarm) HX_MUST_USE;
/* One that is over, as it was kept elsewhere: UTC ms, 0 where that never came. Starts no deadline; its one event is incident.loaded. */
struct incident_past {
    int64_t school_id, owner_id, opened_at, acked_at, confirmed_at, dispatched_at, responder_at, linked_at, police_at, controlled_at, closed_at;
    const char *title, *title_en, *class, *source, *cause, *disposition; /* cause: '' unless it was false */
    int severity, alarms;
};
enum hx_err incident_load(struct tx *tx, const struct incident_past *p) HX_MUST_USE;
/* A unit of this kind has reached the place. */
enum hx_err incident_arrival(struct tx *tx, int64_t id, const char *unit_kind) HX_MUST_USE;
/* A unit was sent. */
enum hx_err incident_dispatched(struct tx *tx, int64_t id) HX_MUST_USE;

struct incident_step {
    int severity, after_s, level;
    const char *wait; /* "ack", "send", "arrive": what must not have happened yet */
    const char *action; /* "", "propose", "auto_dispatch" */
    const char *zh, *en;
};
const struct incident_step *incident_steps(size_t *count);

/* incident_routes.c: finds the incident of the path, checks the permission of the route for its school, and the version that the client
 * saw; answers a move with the whole record after `event`, an illegal one with the record as it stands. */
enum hx_err incident_find(struct call *c, struct incident_head *h) HX_MUST_USE;
enum hx_err incident_moved(struct call *c, enum hx_err e, const char *event, json_t *extra) HX_MUST_USE;
/* incident_finding.c: those of a review, [{text, action, owner, due}]. */
enum hx_err finding_add_all(struct tx *tx, int64_t incident, const json_t *findings) HX_MUST_USE;
/* incident_record.c: the record as a PDF. */
enum hx_err incident_report(struct call *c);

extern const struct hx_module incident_module;
extern const struct hx_module finding_module;
extern const struct hx_module answers_module;

#endif
