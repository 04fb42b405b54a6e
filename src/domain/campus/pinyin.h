/* The initials of a Chinese name, for finding it by keys: 兴义三中 → "xysz". */
#ifndef HX_PINYIN_H
#define HX_PINYIN_H

#include "base/str.h"

/* Characters of GB 2312 level 1 give their initial, ASCII letters and digits themselves, others nothing. Returns out. */
char *pinyin_initials(struct str utf8, char *out, size_t size);

#endif
