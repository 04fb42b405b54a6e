/* What a signal means to a person, whatever protocol brought it. The severity is the default one: 1 life, 2 crime or danger,
 * 3 order, 4 fault, 0 nothing to do. `alarm` says whether it opens an alarm, a fault or neither. */
#ifndef HX_SIGNAL_CLASS_H
#define HX_SIGNAL_CLASS_H

enum signal_kind { KIND_ALARM, KIND_FAULT, KIND_NOTE };

/*    id            name            severity kind        Chinese          English */
#define SIGNAL_CLASS_MAP(X)                                                      \
    X(PANIC,        "panic",        1, ALARM, "一键报警",     "panic button")    \
    X(HOLDUP,       "holdup",       1, ALARM, "胁持报警",     "hold-up")         \
    X(DURESS,       "duress",       1, ALARM, "胁迫码报警",   "duress code")     \
    X(OFFICER,      "officer",      1, ALARM, "民警紧急求助", "officer emergency") \
    X(FIRE,         "fire",         1, ALARM, "火灾报警",     "fire")            \
    X(GAS,          "gas",          1, ALARM, "燃气泄漏",     "gas leak")        \
    X(MEDICAL,      "medical",      1, ALARM, "医疗求助",     "medical")         \
    X(BURGLARY,     "burglary",     2, ALARM, "入侵报警",     "intrusion")       \
    X(TAMPER,       "tamper",       2, ALARM, "防拆报警",     "tamper")          \
    X(ENVIRONMENT,  "environment",  3, ALARM, "环境报警",     "environment")     \
    X(UNCLASSIFIED, "unclassified", 3, ALARM, "未分类信号",   "unclassified")    \
    X(LINE,         "line",         3, FAULT, "线路中断",     "line lost")       \
    X(POWER,        "power",        4, FAULT, "供电故障",     "power")           \
    X(TROUBLE,      "trouble",      4, FAULT, "设备故障",     "trouble")         \
    X(COMM,         "comm",         4, FAULT, "通信故障",     "communication")   \
    X(BYPASS,       "bypass",       4, NOTE,  "旁路",         "bypass")          \
    X(OPENCLOSE,    "openclose",    0, NOTE,  "布撤防",       "open or close")   \
    X(ACCESS,       "access",       0, NOTE,  "门禁",         "access")          \
    X(TEST,         "test",         0, NOTE,  "测试",         "test")            \
    X(SYSTEM,       "system",       0, NOTE,  "系统记录",     "system record")

enum signal_class {
#define X(id, name, severity, kind, zh, en) CLASS_##id,
    SIGNAL_CLASS_MAP(X)
#undef X
    CLASS_COUNT
};

struct signal_class_row {
    const char *name;
    int severity;
    enum signal_kind kind;
    const char *zh, *en;
};

const struct signal_class_row *signal_class_row(enum signal_class c);
/* CLASS_COUNT for a name that is none. */
enum signal_class signal_class_of(const char *name);

#endif
