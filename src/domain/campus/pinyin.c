#include "pinyin.h"

#include <ctype.h>
#include <iconv.h>

/* Level 1 of GB 2312 is ordered by pinyin: the first code of each initial. */
static const struct {
    unsigned from;
    char initial;
} rows[] = {
    {0xB0A1, 'a'}, {0xB0C5, 'b'}, {0xB2C1, 'c'}, {0xB4EE, 'd'}, {0xB6EA, 'e'}, {0xB7A2, 'f'}, {0xB8C1, 'g'}, {0xB9FE, 'h'},
    {0xBBF7, 'j'}, {0xBFA6, 'k'}, {0xC0AC, 'l'}, {0xC2E8, 'm'}, {0xC4C3, 'n'}, {0xC5B6, 'o'}, {0xC5BE, 'p'}, {0xC6DA, 'q'},
    {0xC8BB, 'r'}, {0xC8F6, 's'}, {0xCBFA, 't'}, {0xCDDA, 'w'}, {0xCEF4, 'x'}, {0xD1B9, 'y'}, {0xD4D1, 'z'},
};
#define LEVEL_1_END 0xD7F9

static char initial_of(unsigned code)
{
    if (code < rows[0].from || code > LEVEL_1_END) return 0;
    char found = 0;
    for (size_t i = 0; i < HX_COUNT(rows) && rows[i].from <= code; i++) found = rows[i].initial;
    return found;
}

char *pinyin_initials(struct str utf8, char *out, size_t size)
{
    iconv_t gb = iconv_open("GB18030", "UTF-8");
    size_t n = 0;
    for (size_t i = 0; i < utf8.len && n + 1 < size && gb != (iconv_t)-1;) {
        unsigned char c = (unsigned char)utf8.at[i];
        size_t bytes = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        if (i + bytes > utf8.len) break;
        if (bytes == 1 && isalnum(c)) out[n++] = (char)tolower(c);
        if (bytes > 1) {
            unsigned char code[8] = {0};
            char *from = (char *)(uintptr_t)utf8.at + i, *to = (char *)code;
            size_t left = bytes, room = sizeof code;
            if (iconv(gb, &from, &left, &to, &room) != (size_t)-1 && room == sizeof code - 2) {
                char initial = initial_of((unsigned)code[0] << 8 | code[1]);
                if (initial != 0) out[n++] = initial;
            }
        }
        i += bytes;
    }
    out[n] = 0;
    if (gb != (iconv_t)-1) iconv_close(gb);
    return out;
}
