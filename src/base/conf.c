#include "conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void conf_open(struct conf *c, const struct conf_key *keys, size_t count)
{
    *c = (struct conf){.keys = keys, .count = count, .values = calloc(count, sizeof *c->values)};
    HX_ASSERT(c->values != NULL);
    for (size_t i = 0; i < count; i++) str_to_z(str_of(keys[i].standard), c->values[i], sizeof c->values[i]);
}

void conf_close(struct conf *c)
{
    free(c->values);
}

static size_t find(const struct conf *c, const char *key)
{
    char full[96];
    for (size_t i = 0; i < c->count; i++) {
        snprintf(full, sizeof full, "%s.%s", c->keys[i].section, c->keys[i].name);
        if (strcmp(full, key) == 0) return i;
    }
    return c->count;
}

enum hx_err conf_set(struct conf *c, const char *key, struct str value, char *why, size_t why_bytes)
{
    size_t i = find(c, key);
    int64_t n;
    if (i == c->count) {
        snprintf(why, why_bytes, "there is no key %s; huxued --help-config lists them", key);
        return HX_E_INVALID;
    }
    const struct conf_key *k = &c->keys[i];
    if (value.len >= sizeof c->values[0]) {
        snprintf(why, why_bytes, "%s is too long", key);
        return HX_E_INVALID;
    }
    if (k->kind == CONF_NUMBER && (!str_to_i64(value, &n) || n < k->least || n > k->most)) {
        snprintf(why, why_bytes, "%s must be a number from %lld to %lld", key, (long long)k->least, (long long)k->most);
        return HX_E_INVALID;
    }
    if (k->kind == CONF_CHOICE) {
        struct str rest = str_of(k->choices), choice;
        bool known = false;
        while (str_split(&rest, ' ', &choice)) known = known || str_eq(choice, value);
        if (!known) {
            snprintf(why, why_bytes, "%s must be one of: %s", key, k->choices);
            return HX_E_INVALID;
        }
    }
    str_to_z(value, c->values[i], sizeof c->values[i]);
    return HX_OK;
}

enum hx_err conf_read(struct conf *c, struct str text, char *why, size_t why_bytes)
{
    struct str line, name;
    char section[48] = "", key[96], reason[200];
    int number = 0;
    while (str_split(&text, '\n', &line)) {
        number++;
        line = str_trim(line);
        if (line.len == 0 || line.at[0] == '#') continue;
        if (line.at[0] == '[' && line.at[line.len - 1] == ']') {
            str_to_z((struct str){line.at + 1, line.len - 2}, section, sizeof section);
            continue;
        }
        str_split(&line, '=', &name);
        if (line.at == NULL) {
            snprintf(why, why_bytes, "line %d: want key = value", number);
            return HX_E_INVALID;
        }
        name = str_trim(name);
        snprintf(key, sizeof key, "%s.%.*s", section, (int)(name.len < 40 ? name.len : 40), name.at);
        if (conf_set(c, key, str_trim(line), reason, sizeof reason)) {
            snprintf(why, why_bytes, "line %d: %s", number, reason);
            return HX_E_INVALID;
        }
    }
    return HX_OK;
}

const char *conf_text(const struct conf *c, const char *key)
{
    size_t i = find(c, key);
    HX_ASSERT(i < c->count);
    return c->values[i];
}

int64_t conf_number(const struct conf *c, const char *key)
{
    int64_t n = 0;
    HX_ASSERT(str_to_i64(str_of(conf_text(c, key)), &n));
    return n;
}

void conf_print_help(const struct conf_key *keys, size_t count)
{
    const char *section = "";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(section, keys[i].section) != 0) printf("%s[%s]\n", i ? "\n" : "", section = keys[i].section);
        printf("# %s", keys[i].meaning);
        if (keys[i].kind == CONF_NUMBER) printf(" (%lld to %lld)", (long long)keys[i].least, (long long)keys[i].most);
        if (keys[i].kind == CONF_CHOICE) printf(" (%s)", keys[i].choices);
        printf("\n%s = %s\n", keys[i].name, keys[i].standard);
    }
}
