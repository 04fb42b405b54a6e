#include "sentence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

struct sentence {
    const char *english, *chinese;
};
#include "sentences_table.h"

static int compare(const void *key, const void *row)
{
    return strcmp(key, ((const struct sentence *)row)->english);
}

const char *sentence_in(bool chinese, const char *english)
{
    const struct sentence *row = chinese ? bsearch(english, sentences, HX_COUNT(sentences), sizeof *sentences, compare) : NULL;
    return row != NULL ? row->chinese : english;
}

void sentence_write(char *out, size_t size, bool chinese, const char *english, va_list args)
{
    char whole[1024];
    /* The table's formats take what the English one takes: tools/sentences.py compares them when it makes the table. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    vsnprintf(whole, sizeof whole, sentence_in(chinese, english), args);
#pragma GCC diagnostic pop
    str_to_utf8_z(str_of(whole), out, size);
}

void sentence_print(char *out, size_t size, bool chinese, const char *english, ...)
{
    va_list args;
    va_start(args, english);
    sentence_write(out, size, chinese, english, args);
    va_end(args);
}
