/* What a school is told to do (校园状态), who was counted, who was handed over, and the devices that act. */
#ifndef HX_POSTURE_H
#define HX_POSTURE_H

#include "api/api.h"

/* The five orders of the Standard Response Protocol, what ends them, and what devices do besides. */
#define POSTURE_MAP(X)                                                                                                                  \
    X(HOLD, "hold", "原地待命", "Hold", "留在教室，清空走廊，照常上课", "stay in your room, clear the halls, go on as usual")          \
    X(SECURE, "secure", "关门入内", "Secure", "全部进入楼内，锁好外门，楼内照常", "get inside, lock the outside doors, go on as usual") \
    X(LOCKDOWN, "lockdown", "就地封闭", "Lockdown", "锁门、关灯、远离门窗、保持安静", "lock the door, lights off, out of sight, be silent") \
    X(EVACUATE, "evacuate", "有序撤离", "Evacuate", "不带物品，按路线有序撤离", "leave everything, go by the route")                  \
    X(SHELTER, "shelter", "避险防护", "Shelter", "按预案就近避险防护", "take shelter by the plan")                                    \
    X(CLEAR, "clear", "解除", "All clear", "警报解除，请听从老师安排", "the threat is over, follow your teacher")                      \
    X(ALARM, "alarm", "报警", "Alarm", "已报警，请远离校门，听从老师安排", "help is called: keep away from the gate, follow your teacher")   \
    X(TEST, "test", "测试", "Test", "设备测试，不是警报", "a test of this device, no alarm")

struct posture_word {
    const char *name, *zh, *en, *order_zh, *order_en;
};
/* NULL for no such word. */
const struct posture_word *posture_word(const char *name);
/* What is spoken and written: with 【演练】 before it in a drill. `assembly`: where to, or "". */
void posture_text(const struct posture_word *w, bool drill, const char *assembly, bool english, char *out, size_t size);

/* Whether the person may do this for the school: by a grant, or, where `member_too`, because they belong to a team there. */
enum hx_err posture_check_school(struct call *c, enum perm p, int64_t school, bool member_too) HX_MUST_USE;
/* The record with counts, commands and pick-ups as the answer. */
enum hx_err posture_reply(struct call *c, int64_t id) HX_MUST_USE;
/* Reads a posture of the path that the person may handle; ILLEGAL when it is over. NULL on an error. */
enum hx_err posture_read_live(struct call *c, enum perm p, bool member_too, json_t **record) HX_MUST_USE;
/* Writes the record as an event: at the incident's timeline where there is one. */
enum hx_err posture_tell(struct tx *tx, int64_t id, const char *type, json_t *change) HX_MUST_USE;

/* output.c: one command to each device that has a part in this; `kinds`: only these, or NULL. */
enum hx_err output_act(struct tx *tx, int64_t school, int64_t posture, const struct posture_word *w, bool drill, const char *text, const char *kinds) HX_MUST_USE;
/* One command to one device, in place of what waits for it; of a posture or an incident, both 0 in a test. */
struct command_new {
    int64_t output_id, posture_id, incident_id;
    const char *verb, *text, *proof;
    bool drill;
};
enum hx_err command_add(struct tx *tx, const struct command_new *n) HX_MUST_USE;
enum hx_err output_make(struct tx *tx, const struct seal *seal, const json_t *body, int64_t demo, int64_t *id) HX_MUST_USE;
/* A command's device has, or has not, the effect. */
enum hx_err command_effect(struct tx *tx, int64_t command, bool effect, const char *fault) HX_MUST_USE;
enum hx_err command_tell(struct tx *tx, int64_t command, const char *type) HX_MUST_USE;

/* head_count.c */
/* A guardian asks for a pupil at the posture of the path; `proof` other than "": who they are is verified already. Answers with the record. */
enum hx_err pickup_add(struct call *c, const json_t *body, const char *proof) HX_MUST_USE;
enum hx_err class_set(struct tx *tx, int64_t school, const json_t *classes) HX_MUST_USE;

/* output_sender.c: sends what is due and reads the effect back; loop thread. */
/* A loudspeaker that is called over SIP. */
bool output_is_page(const char *url);
enum hx_err output_sender_start(struct hx_app *app) HX_MUST_USE;
void output_sender_stop(void);

extern const struct hx_module posture_module;
extern const struct hx_module head_count_module;
extern const struct hx_module output_module;
extern const struct hx_module output_alarm_module;

#endif
