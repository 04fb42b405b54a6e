/* Police and education see different fields of one record: one table says which field belongs to whom. */
#ifndef HX_FIELDS_H
#define HX_FIELDS_H

#include "base/json.h"

/* Takes out of `j`, at any depth, what the other tree owns. `tree` is the reader's: "police", "education", or "" (sees all). */
void fields_hide(json_t *j, const char *tree);
/* Whether a text may hold such a field at all: a quick look before parsing. */
bool fields_may_hide(struct str text, const char *tree);

#endif
