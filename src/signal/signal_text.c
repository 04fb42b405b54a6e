#include "signal.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

/* Many short Chinese words in GB 18030 are also valid UTF-8 of two-byte letters ("小学" reads as Cyrillic). Chinese in UTF-8
 * always has bytes of three-byte letters, so a text without any is taken for GB 18030. */
static bool is_chinese_utf8(struct str raw)
{
    bool plain = true, three = false;
    for (size_t i = 0; i < raw.len; i++) {
        plain = plain && (unsigned char)raw.at[i] < 0x80;
        three = three || (unsigned char)raw.at[i] >= 0xE0;
    }
    return plain || (three && str_is_utf8(raw));
}

void signal_text_from(struct str raw, char *out, size_t size)
{
    if (is_chinese_utf8(raw)) {
        str_to_utf8_z(raw, out, size);
        return;
    }
    iconv_t gb = iconv_open("UTF-8", "GB18030");
    char *in = (char *)(uintptr_t)raw.at, *to = out;
    size_t left = raw.len, room = size - 1;
    while (left > 0 && room > 3) {
        if (gb != (iconv_t)-1 && iconv(gb, &in, &left, &to, &room) != (size_t)-1) break;
        if (gb != (iconv_t)-1 && errno == E2BIG) break;
        memcpy(to, "\xEF\xBF\xBD", 3);
        to += 3, room -= 3, in++, left--;
    }
    *to = 0;
    if (gb != (iconv_t)-1) iconv_close(gb);
}

void signal_text_to_gb(struct str utf8, struct buf *out)
{
    char *from = (char *)(uintptr_t)utf8.at, part[4096];
    size_t left = utf8.len;
    iconv_t gb = iconv_open("GB18030", "UTF-8");
    while (left > 0 && gb != (iconv_t)-1) {
        char *to = part;
        size_t room = sizeof part;
        iconv(gb, &from, &left, &to, &room);
        if (to == part) break;
        buf_add(out, part, (size_t)(to - part));
    }
    if (gb != (iconv_t)-1) iconv_close(gb);
}
