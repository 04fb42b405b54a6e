/* What users read when something is refused, in two languages. The English sentence is its own key: a printf format, as it stands in the code.
 * sentences.tsv gives the Chinese one with the same conversions in the same order; tools/sentences.py refuses a build where they differ. */
#ifndef HX_SENTENCE_H
#define HX_SENTENCE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The sentence (or a single word) in that language; itself where no row has it. */
const char *sentence_in(bool chinese, const char *english);
void sentence_write(char *out, size_t size, bool chinese, const char *english, va_list args);
void sentence_print(char *out, size_t size, bool chinese, const char *english, ...) HX_PRINTF(4, 5);

#endif
