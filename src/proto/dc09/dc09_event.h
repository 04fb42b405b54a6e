/* What a frame says: SIA events (DC-03) and Contact ID (DC-05), one frame into 1..n events. Pure. */
#ifndef HX_DC09_EVENT_H
#define HX_DC09_EVENT_H

#include "proto/dc09/dc09_frame.h"
#include "signal/signal_class.h"

#define DC09_EVENTS_MAX 32

struct dc09_event {
    char code[4];         /* "PA", "120"; empty when the block named none */
    const char *qualifier; /* new, restore, status */
    char cid_qualifier;   /* '1', '3', '6' of Contact ID, else 0 */
    struct str partition_no, zone, text;
    enum signal_class class;
    int severity;
    const char *name_zh, *name_en; /* of the code; NULL when the table does not know it */
};

struct dc09_code {
    const char *code;
    enum signal_class class;
    int severity;
    bool restore; /* a SIA code that ends something ("BR") */
    const char *zh, *en;
};

/* "Nri1/BA001/BA002^hall^/TA003" → three events. Texts point into data.
 * Returns the number of events; LIMIT through *more when there were over DC09_EVENTS_MAX. Never fails: what it cannot read
 * becomes one unclassified event that carries the text. */
size_t dc09_sia_events(struct str data, struct dc09_event events[DC09_EVENTS_MAX]);
/* "1120 01 005" → one event; false when it does not have that shape. */
bool dc09_cid_event(struct str data, struct dc09_event *event);
/* The row of a code, or NULL. `cid` chooses the table. */
const struct dc09_code *dc09_code_find(bool cid, const char *code);
/* What a class is called in Contact ID ("120") or SIA ("PA"); NULL for one that is no alarm. A SIA code of its end is the same with 'R' behind (DC-03). */
const char *dc09_code_of(bool cid, enum signal_class class);
/* Data of a block: "1120 01 005" or "Nri1/PA005"; a restoral as "3120 01 005" or "Nri1/PR005". False where SIA knows no such end. `room` ≥ 24. */
bool dc09_data_format(bool cid, enum signal_class class, bool restore, int partition, int zone, char *out, size_t room);
/* The rows of a table, for the manual and tests. */
const struct dc09_code *dc09_codes(bool cid, size_t *count);

#endif
