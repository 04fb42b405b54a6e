#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_MAX_BYTES 2048

static enum log_level least_level = LOG_INFO;

void log_set_level(enum log_level least)
{
    least_level = least;
}

static void add_escaped(struct buf *out, struct str text)
{
    buf_add_z(out, "\"");
    bool utf8 = str_is_utf8(text);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c == '"' || c == '\\') buf_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F || (c >= 0x80 && !utf8)) buf_printf(out, "\\u%04x", c);
        else buf_add(out, &text.at[i], 1);
    }
    buf_add_z(out, "\"");
}

/* Turns `a=1 b="x y"` into `,"a":"1","b":"x y"`. */
static void add_pairs(struct buf *out, struct str pairs)
{
    size_t i = 0;
    while (i < pairs.len) {
        size_t name = i;
        while (i < pairs.len && pairs.at[i] != '=' && pairs.at[i] != ' ') i++;
        if (i >= pairs.len || pairs.at[i] != '=') {
            i++;
            continue;
        }
        struct str key = {pairs.at + name, i - name}, value;
        i++;
        if (i < pairs.len && pairs.at[i] == '"') {
            size_t from = ++i;
            while (i < pairs.len && !(pairs.at[i] == '"' && (i + 1 == pairs.len || pairs.at[i + 1] == ' '))) i++;
            value = (struct str){pairs.at + from, i - from};
            i++;
        } else {
            size_t from = i;
            while (i < pairs.len && pairs.at[i] != ' ') i++;
            value = (struct str){pairs.at + from, i - from};
        }
        buf_add_z(out, ",");
        add_escaped(out, key);
        buf_add_z(out, ":");
        add_escaped(out, value);
        i++;
    }
}

void log_write(enum log_level level, const char *event, const char *pairs, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if (level < least_level) return;
    char text[LINE_MAX_BYTES], when[CLOCK_TEXT_MAX];
    va_list args;
    va_start(args, pairs);
    int n = vsnprintf(text, sizeof text, pairs, args);
    va_end(args);
    if (n < 0) n = 0;
    struct buf line;
    buf_init(&line, 8 * LINE_MAX_BYTES);
    buf_printf(&line, "{\"at\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", clock_format(clock_utc_ms(), when), names[level], event);
    add_pairs(&line, (struct str){text, strlen(text)});
    buf_add_z(&line, "}\n");
    ssize_t written = write(STDERR_FILENO, line.at, line.len); /* one write, so that lines of two threads do not mix */
    (void)written;
    buf_free(&line);
}
