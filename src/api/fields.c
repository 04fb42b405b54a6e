#include "fields.h"

#include <string.h>

static const struct {
    const char *field, *owner;
} owned[] = {
    {"caller_phone", "police"}, {"person_description", "police"}, {"weapon", "police"},
    {"guardian_phone", "education"}, {"health_note", "education"},
};

static bool hidden_from(const char *owner, const char *tree)
{
    return tree[0] != 0 && strcmp(owner, tree) != 0;
}

void fields_hide(json_t *j, const char *tree)
{
    if (tree[0] == 0) return;
    if (json_is_array(j)) {
        for (size_t i = 0; i < json_array_size(j); i++) fields_hide(json_array_get(j, i), tree);
        return;
    }
    if (!json_is_object(j)) return;
    for (size_t i = 0; i < HX_COUNT(owned); i++)
        if (hidden_from(owned[i].owner, tree)) json_object_del(j, owned[i].field);
    const char *audience = json_z(j, "audience", "all");
    if (strcmp(audience, "all") != 0 && hidden_from(audience, tree)) { /* a note for the other side: that it exists, not what it says */
        json_object_del(j, "text");
        json_object_set_new(j, "withheld", json_true());
    }
    const char *name;
    json_t *value;
    json_object_foreach(j, name, value) fields_hide(value, tree);
}

bool fields_may_hide(struct str text, const char *tree)
{
    if (tree[0] == 0) return false;
    for (size_t i = 0; i < HX_COUNT(owned); i++)
        if (hidden_from(owned[i].owner, tree) && memmem(text.at, text.len, owned[i].field, strlen(owned[i].field)) != NULL) return true;
    return memmem(text.at, text.len, "\"audience\"", 10) != NULL;
}
