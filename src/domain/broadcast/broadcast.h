/* Lessons live to many classes: the staff's side, and the seats that join by a code. */
#ifndef HX_BROADCAST_H
#define HX_BROADCAST_H

#include "api/api.h"

/* Event of a broadcast for its seats ("class.…"): everything in `data` (taken over) is public. */
enum hx_err class_tell(struct tx *tx, int64_t broadcast, const char *type, json_t *data) HX_MUST_USE;
/* The newest question that was asked, without its solution while it is open; NULL: none. */
enum hx_err class_question(struct db *db, int64_t broadcast, json_t **out) HX_MUST_USE;

#define BROADCAST_STREAM_MAX 24
/* The stream of a speaker's browser at the media nodes. */
const char *broadcast_stream(int64_t id, char out[BROADCAST_STREAM_MAX]);

/* broadcast_replay.c: how long the record of one that is over is, and its chapters; NULL: there is none. */
json_t *broadcast_record(struct db *db, int64_t broadcast);
/* Begins to play it, for a person or a seat (the other is 0); answers with a ticket. And how it is played on. */
enum hx_err broadcast_replay(struct call *c, int64_t broadcast, int64_t person, int64_t seat) HX_MUST_USE;
enum hx_err broadcast_replay_pace(struct call *c, int64_t broadcast, int64_t person, int64_t seat) HX_MUST_USE;

extern const struct hx_module broadcast_module;
extern const struct hx_module broadcast_replay_module;
extern const struct hx_module seat_module;

#endif
