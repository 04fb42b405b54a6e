#include "csv.h"

#include <string.h>

char csv_separator(struct str text)
{
    size_t count[3] = {0};
    static const char marks[] = ",;\t";
    for (size_t i = 0; i < text.len && text.at[i] != '\n'; i++)
        for (int m = 0; m < 3; m++) count[m] += text.at[i] == marks[m];
    return count[2] > count[0] && count[2] > count[1] ? '\t' : count[1] > count[0] ? ';' : ',';
}

int csv_record(struct str *rest, char separator, struct str fields[CSV_FIELDS_MAX], char *room)
{
    size_t at = 0;
    int n = 0;
    if (rest->len == 0) return 0;
    for (;;) {
        char *from = room;
        if (n == CSV_FIELDS_MAX) return -1;
        if (at < rest->len && rest->at[at] == '"') {
            for (at++;;) {
                if (at >= rest->len) return -1;
                if (rest->at[at] == '"' && at + 1 < rest->len && rest->at[at + 1] == '"') at++;
                else if (rest->at[at] == '"') break;
                *room++ = rest->at[at++];
            }
            at++;
        } else {
            while (at < rest->len && rest->at[at] != separator && rest->at[at] != '\n') *room++ = rest->at[at++];
        }
        fields[n] = str_trim((struct str){from, (size_t)(room - from)});
        if (fields[n++].len > CSV_FIELD_BYTES_MAX) return -1;
        while (at < rest->len && rest->at[at] == '\r') at++;
        if (at >= rest->len || rest->at[at] == '\n') break;
        if (rest->at[at] != separator) return -1;
        at++;
    }
    if (at < rest->len) at++;
    rest->at += at;
    rest->len -= at;
    return n;
}
