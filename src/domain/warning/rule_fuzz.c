/* First a rule's text; behind a line with '=' alone, events for it: "type json", a line each. What parses is also run, saved and
 * put back. */
#include <stdlib.h>
#include <string.h>

#include "domain/warning/rule_fields.h"
#include "domain/warning/warning_engine.h"

static const struct warning_school school = {1, 105.1, 25.1, "522301", "middle", "x", 0};

static const struct warning_school *find(void *arg, int64_t id)
{
    (void)arg;
    return id == 1 ? &school : NULL;
}

static int hours(void *arg, int64_t school_id, int64_t at)
{
    (void)arg, (void)school_id;
    return (int)(at / 3600000 % 4);
}

static void raised(void *arg, const struct warning_hit *hit)
{
    (void)arg;
    if (strlen(hit->zh) >= sizeof hit->zh) abort();
}

static void cleared(void *arg, const struct warning_clear *clear)
{
    (void)arg, (void)clear;
}

static void keep(void *arg, const struct warning_state *state)
{
    if (state->text != NULL) warning_engine_restore(arg, state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char why[200];
    struct str text = {(const char *)data, n}, events = {"", 0}, line;
    const char *cut = n > 3 ? memmem(data, n, "\n=\n", 3) : NULL;
    if (cut != NULL) text.len = (size_t)(cut - text.at), events = (struct str){cut + 3, n - text.len - 3};
    struct warning_world world = {find, hours, NULL};
    struct warning_sink sink = {raised, cleared, NULL};
    struct warning_engine *e = warning_engine_new(&world, &sink), *again = warning_engine_new(&world, &sink);
    warning_engine_remember(e);
    if (warning_engine_put(e, text, 1, why, sizeof why) == HX_OK && warning_engine_put(again, text, 1, why, sizeof why) == HX_OK) {
        for (int64_t i = 1; i < 200 && str_split(&events, '\n', &line); i++) {
            char type[64];
            struct str rest = line, word;
            if (!str_split(&rest, ' ', &word)) continue;
            str_to_z(word, type, sizeof type);
            warning_engine_see(e, &(struct warning_event){.seq = i, .at = 1772406000000 + i * 7000, .school_id = i % 3, .subject_id = 5, .type = type, .data = rest.at != NULL ? rest : STR("")});
        }
        warning_engine_save(e, keep, again);
        warning_engine_tick(e, 1772406000000 + 86400000LL * 3);
        warning_engine_tick(again, 1772406000000 + 86400000LL * 3);
    }
    warning_engine_free(e);
    warning_engine_free(again);
    return 0;
}
