/* The permissions. Every route names one; a role is a list of them; a grant gives a role to a person at a node of a tree. */
#ifndef HX_PERM_H
#define HX_PERM_H

#define PERM_MAP(X)                                                                                   \
    X(NONE, "none", "anybody, without a session")                                                     \
    X(SELF, "self", "anybody who is signed in, about themselves")                                     \
    X(SCHOOL_READ, "school.read", "see schools, places, contacts and floor plans")                    \
    X(SCHOOL_WRITE, "school.write", "add and change schools")                                         \
    X(PANEL_READ, "panel.read", "see panels and their lines")                                         \
    X(PANEL_WRITE, "panel.write", "add, adopt and change panels, set test mode and keys")             \
    X(SIGNAL_READ, "signal.read", "see signals")                                                      \
    X(ALARM_READ, "alarm.read", "see alarms")                                                         \
    X(ALARM_HANDLE, "alarm.handle", "acknowledge, verify and shelve alarms")                          \
    X(INCIDENT_READ, "incident.read", "see incidents")                                                \
    X(INCIDENT_HANDLE, "incident.handle", "open, acknowledge, verify, note and close incidents")      \
    X(INCIDENT_SUPERVISE, "incident.supervise", "second person: cancel P1, reopen, review")           \
    X(DISPATCH, "dispatch", "send and release units")                                                 \
    X(UNIT_READ, "unit.read", "see units and where they are")                                         \
    X(UNIT_WRITE, "unit.write", "add and change units")                                               \
    X(UNIT_REPORT, "unit.report", "report for a unit: accept, en route, arrived")                     \
    X(PLAN_READ, "plan.read", "see plans")                                                            \
    X(PLAN_WRITE, "plan.write", "write plans")                                                        \
    X(PLAN_SIGN, "plan.sign", "sign plans for one's own side")                                        \
    X(PANIC, "panic", "press the phone's button")                                                     \
    X(DUTY_READ, "duty.read", "see posts, peaks, rotas, duties and their coverage")                   \
    X(DUTY_WRITE, "duty.write", "change posts and peaks, solve and publish rotas, send substitutes")  \
    X(DUTY_REPORT, "duty.report", "check in at one's own duties, report from the gate and on patrol") \
    X(PATROL_READ, "patrol.read", "see teams, routes and patrols")                                    \
    X(PATROL_WRITE, "patrol.write", "change teams, routes and patrols, judge doubtful check-ins")     \
    X(VEHICLE_READ, "vehicle.read", "see student vehicles, trips and positions")                      \
    X(VEHICLE_WRITE, "vehicle.write", "change student vehicles, routes and trips")                    \
    X(LESSON_READ, "lesson.read", "see vice principals and lessons")                                  \
    X(LESSON_WRITE, "lesson.write", "change vice principals and lessons")                             \
    X(DRILL_READ, "drill.read", "see drills")                                                         \
    X(DRILL_WRITE, "drill.write", "plan and close drills")                                            \
    X(DRILL_JOIN, "drill.join", "have a part in drills: mark steps, add photos, stop them")            \
    X(EQUIPMENT_READ, "equipment.read", "see equipment and kits")                                     \
    X(EQUIPMENT_WRITE, "equipment.write", "enter and retire equipment, set kits")                     \
    X(EQUIPMENT_CHECK, "equipment.check", "check equipment")                                          \
    X(CAMERA_READ, "camera.read", "see recorders, cameras, clips, and who looked")                    \
    X(CAMERA_VIEW, "camera.view", "open pictures, with a reason")                                     \
    X(CAMERA_STEER, "camera.steer", "turn cameras")                                                   \
    X(CAMERA_TALK, "camera.talk", "speak through cameras, and hear them")                             \
    X(CAMERA_WRITE, "camera.write", "enter and change recorders and cameras")                         \
    X(CLIP_EXPORT, "clip.export", "make clips and take them out")                                     \
    X(MESSAGE_READ, "message.read", "see messages, who was reached, and the ladder")                 \
    X(MESSAGE_SEND, "message.send", "send messages to people")                                        \
    X(MESSAGE_WRITE, "message.write", "change gateways and who is told when")                         \
    X(WARNING_READ, "warning.read", "see early warnings, their rules, the load and the daily proof")      \
    X(WARNING_HANDLE, "warning.handle", "acknowledge warnings, set rules aside for a while")           \
    X(RULE_WRITE, "rule.write", "write rules and play them back")                                     \
    X(RULE_SIGN, "rule.sign", "sign rules that somebody else wrote")                                  \
    X(OBSERVE, "observe", "report what other systems observed: analytics, visitors, vehicles, bulletins") \
    X(POSTURE_READ, "posture.read", "see what schools are told to do, and head counts")                 \
    X(POSTURE_ORDER, "posture.order", "order a posture, say that the threat is over, agree to the release, tell families") \
    X(POSTURE_WRITE, "posture.write", "enter classes, families, sirens, speakers, doors and screens, test them")  \
    X(HEADCOUNT_REPORT, "headcount.report", "count classes, hand pupils to guardians")                  \
    X(HANDOVER, "handover", "hand over and take over a shift")                                        \
    X(STATS_READ, "stats.read", "see figures")                                                        \
    X(JOURNAL_READ, "journal.read", "read the journal and the audit")                                 \
    X(HEALTH_READ, "health.read", "see health and metrics")                                           \
    X(ORG_READ, "org.read", "see organisations, people and roles")                                    \
    X(ORG_WRITE, "org.write", "change organisations, people, roles and tokens")

enum perm {
#define X(id, name, text) PERM_##id,
    PERM_MAP(X)
#undef X
    PERM_COUNT
};

const char *perm_name(enum perm p);
const char *perm_text(enum perm p);

#endif
