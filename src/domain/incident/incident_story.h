/* What happened in an incident, as lines for a record: out of its events, in Chinese. */
#ifndef HX_INCIDENT_STORY_H
#define HX_INCIDENT_STORY_H

#include "base/json.h"

struct moment {
    char at[48]; /* "+02:10" from the beginning */
    char word[64], text[400], who[64];
};

/* The next of `events` (as of the journal) from *i on that a record names, not before `begun` (UTC ms); false: none is left. */
bool moment_next(const json_t *events, size_t *i, int64_t begun, struct moment *m);
/* Words of records: whose step of a plan (保安, 教师 …), a rating of HSEEP (P, S, M, U), the state of an action. */
const char *moment_who(const char *who);
const char *moment_rating(const char *rating);
const char *moment_action(const char *state);

#endif
