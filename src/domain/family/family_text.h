/* What families are told, in both languages. Pure. */
#ifndef HX_FAMILY_TEXT_H
#define HX_FAMILY_TEXT_H

#include "base/str.h"

/* X(name, whether it is the state of the school, whether a place or an hour must be added, text, English text). */
#define FAMILY_KIND_MAP(X)                                                                                                                    \
    X("normal", true, false, "学校秩序正常。", "The school is running as usual.")                                                              \
    X("hold", true, false, "学校临时要求学生留在教室，课堂照常。请不要前来，等候学校通知。",                                                   \
      "Pupils stay in their classrooms for now; lessons go on. Please do not come; wait for news from the school.")                           \
    X("secure", true, false, "学校周边有情况，学生已进楼，外门关闭，楼内照常上课。公安正在处置，请不要前来接孩子。",                            \
      "Something is happening near the school: pupils are inside, outer doors are locked, lessons go on. Police are dealing with it. Please do not come.") \
    X("lockdown", true, false, "学校正在封闭，公安正在处置。请不要前来，也不要拨打学校电话，把道路和线路留给救援。有新情况在此通知。",          \
      "The school is locked down and police are dealing with it. Please do not come and do not call the school: leave roads and lines to the rescue. News will be here.") \
    X("evacuate", true, false, "学生正按预案有序撤离。请不要前来，清点完成后在此通知接领地点。",                                              \
      "Pupils are leaving the buildings by the plan. Please do not come; where to meet them will be here after the count.")                    \
    X("shelter", true, false, "学生正在校内避险。请不要前来，等候学校通知。",                                                                  \
      "Pupils have taken shelter at the school. Please do not come; wait for news from the school.")                                          \
    X("reunify", true, true, "请凭本页的接领码接孩子，带身份证件，听从现场安排。地点：",                                                        \
      "Please collect your child with the code on this page and your identity card, and follow the directions there. Place: ")                 \
    X("clear", true, false, "情况已经解除，学校恢复正常秩序。", "It is over; the school is running as usual again.")                           \
    X("traffic", false, true, "校门口交通提示：", "Traffic at the gate: ")                                                                   \
    X("peak", false, true, "上放学时间变动：", "School hours change: ")                                                                       \
    X("other", false, true, "学校通知：", "From the school: ")

struct family_kind {
    const char *name;
    bool is_state, wants_more;
    const char *zh, *en;
};
/* All of them, in the order in which they are offered. */
const struct family_kind *family_kinds(size_t *count);
/* NULL for no such kind. */
const struct family_kind *family_kind(const char *name);
/* The text as families read it: 【演练】 first in a drill, what was added last. */
void family_text(const struct family_kind *k, bool drill, const char *more, bool english, char *out, size_t size);

/* The pick-up code of a key at a time (UTC ms): eight digits that change every five minutes; `back` of 1: the one before. */
#define FAMILY_KEY_BYTES 20
#define FAMILY_CODE_MS 300000LL
void family_code(const uint8_t key[FAMILY_KEY_BYTES], int64_t now_ms, int back, char out[9]);

#endif
