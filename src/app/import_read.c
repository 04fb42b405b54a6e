/* Reading what an import takes: CSV, XLSX, JSON, a calendar (.ics), a OneRoster bundle (.zip). Rows are objects by the names of their columns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "app/command.h"
#include "app/sheet.h"
#include "base/csv.h"
#include "base/json.h"
#include "domain/post/term_calendar.h"
#include "signal/signal.h"

#define FILE_MAX (32 << 20)

static json_t *rows_of_table(json_t *table)
{
    json_t *out = json_array();
    const json_t *head = json_array_get(table, 0);
    for (size_t i = 1; i < json_array_size(table); i++) {
        const json_t *cells = json_array_get(table, i);
        json_t *row = json_object();
        bool any = false;
        json_put_i64(row, "_line", (json_int_t)i + 1);
        for (size_t c = 0; c < json_array_size(cells) && c < json_array_size(head); c++) {
            const char *name = json_string_value(json_array_get(head, c)), *value = json_string_value(json_array_get(cells, c));
            if (name == NULL || value == NULL || name[0] == 0 || value[0] == 0) continue;
            json_object_set(row, name, json_array_get(cells, c));
            any = true;
        }
        if (any) json_array_append_new(out, row);
        else json_decref(row);
    }
    json_decref(table);
    return out;
}

static json_t *read_csv(struct str text, char *why, size_t why_bytes)
{
    json_t *table = json_array();
    struct str fields[CSV_FIELDS_MAX];
    size_t room_bytes = text.len * 2 + 64; /* GB 18030 takes two bytes where UTF-8 takes three */
    char *utf8 = malloc(room_bytes), *room = malloc(room_bytes);
    int n, line = 0;
    HX_ASSERT(utf8 != NULL && room != NULL);
    signal_text_from(text, utf8, room_bytes); /* the whole file at once: single cells are too short to tell */
    text = str_of(utf8);
    char separator = csv_separator(text);
    while ((n = csv_record(&text, separator, fields, room)) != 0) {
        line++;
        if (n < 0) {
            snprintf(why, why_bytes, "record %d: a quote is not closed, or there are too many columns", line);
            json_decref(table);
            table = NULL;
            break;
        }
        json_t *cells = json_array();
        for (int i = 0; i < n; i++) json_array_append_new(cells, json_stringn(fields[i].at, fields[i].len));
        json_array_append_new(table, cells);
    }
    free(room);
    free(utf8);
    return table != NULL ? rows_of_table(table) : NULL;
}

/* ---- a school year's calendar ---- */

static void add_days(const struct term_event *e, void *arg)
{
    static const char *const acts[] = {"nothing", "off", "as", "release"};
    int64_t day, last;
    if (!clock_local_begin(e->from, &day) || !clock_local_begin(e->to, &last)) return;
    for (; day <= last; day += CLOCK_DAY_MS) {
        char date[CLOCK_DATE_MAX];
        json_t *row = json_pack("{s:i,s:s,s:s,s:s,s:i}", "_line", e->line, "date", clock_local_date(day, date), "act", acts[e->act], "reason", e->summary, "value", e->act == TERM_AS ? e->weekday : 0);
        json_array_append_new(arg, row);
        if (e->act == TERM_NOTHING) return; /* told once */
    }
}

static json_t *read_calendar(struct str text, char *why, size_t why_bytes)
{
    json_t *rows = json_array();
    if (term_calendar_read(text, add_days, rows, why, why_bytes) == HX_OK) return rows;
    json_decref(rows);
    return NULL;
}

/* ---- OneRoster 1.2, CSV binding: a ZIP of tables ---- */

/* One table of the bundle; NULL with the reason when it is missing or no table. */
static json_t *read_table(zip_t *zip, const char *name, char *why, size_t why_bytes)
{
    zip_stat_t stat;
    zip_file_t *file = zip_stat(zip, name, 0, &stat) == 0 && (stat.valid & ZIP_STAT_SIZE) && stat.size < FILE_MAX ? zip_fopen(zip, name, 0) : NULL;
    if (file == NULL) return snprintf(why, why_bytes, "%s is missing or larger than %d MiB", name, FILE_MAX >> 20), NULL;
    char *bytes = malloc(stat.size + 1);
    HX_ASSERT(bytes != NULL);
    zip_int64_t n = zip_fread(file, bytes, stat.size);
    zip_fclose(file);
    struct str text = {bytes, n > 0 ? (size_t)n : 0};
    if (str_starts(text, STR("\xEF\xBB\xBF"))) text.at += 3, text.len -= 3;
    char reason[160];
    json_t *rows = read_csv(text, reason, sizeof reason);
    if (rows == NULL) snprintf(why, why_bytes, "%s: %s", name, reason);
    free(bytes);
    return rows;
}

static bool is_active(const json_t *row)
{
    return strcmp(json_z(row, "status", "active"), "tobedeleted") != 0;
}

/* Homerooms with their school's code and how many pupils are enrolled: rows as `import classes` takes them. */
static json_t *classes_of(const json_t *orgs, const json_t *classes, const json_t *enrollments)
{
    json_t *codes = json_object(), *counts = json_object(), *rows = json_array();
    const json_t *row;
    size_t i;
    json_array_foreach(orgs, i, row)
        if (is_active(row) && strcmp(json_z(row, "type", ""), "school") == 0) json_put_z(codes, json_z(row, "sourcedId", ""), json_z(row, "identifier", json_z(row, "sourcedId", "")));
    json_array_foreach(enrollments, i, row) {
        const char *class = json_z(row, "classSourcedId", "");
        if (is_active(row) && strcmp(json_z(row, "role", ""), "student") == 0) json_put_i64(counts, class, json_i64(counts, class, 0) + 1);
    }
    json_array_foreach(classes, i, row) {
        if (!is_active(row) || strcmp(json_z(row, "classType", ""), "homeroom") != 0) continue;
        const char *school = json_z(row, "schoolSourcedId", "");
        json_array_append_new(rows, json_pack("{s:I,s:s,s:s,s:I,s:s}", "_line", json_i64(row, "_line", 0), "school", json_z(codes, school, school), "name", json_z(row, "title", ""), "pupils", (json_int_t)json_i64(counts, json_z(row, "sourcedId", ""), 0),
                                              "place", json_z(row, "location", "")));
    }
    json_decref(codes);
    json_decref(counts);
    return rows;
}

static json_t *read_roster(const char *file, char *why, size_t why_bytes)
{
    int code;
    zip_t *zip = zip_open(file, ZIP_RDONLY, &code);
    if (zip == NULL) return snprintf(why, why_bytes, "the file is no ZIP"), NULL;
    json_t *orgs = read_table(zip, "orgs.csv", why, why_bytes), *classes = orgs != NULL ? read_table(zip, "classes.csv", why, why_bytes) : NULL;
    json_t *enrollments = classes != NULL ? read_table(zip, "enrollments.csv", why, why_bytes) : NULL, *rows = NULL;
    zip_close(zip);
    if (enrollments != NULL) rows = classes_of(orgs, classes, enrollments);
    json_decref(orgs);
    json_decref(classes);
    json_decref(enrollments);
    if (rows == NULL || json_array_size(rows) > 0) return rows;
    snprintf(why, why_bytes, "classes.csv has no class of the type homeroom");
    json_decref(rows);
    return NULL;
}

json_t *import_read(const char *file, char *why, size_t why_bytes)
{
    const char *dot = strrchr(file, '.');
    if (dot != NULL && strcmp(dot, ".xlsx") == 0) {
        json_t *table = sheet_read(file, why, why_bytes);
        return table != NULL ? rows_of_table(table) : NULL;
    }
    if (dot != NULL && strcmp(dot, ".zip") == 0) return read_roster(file, why, why_bytes);
    FILE *f = fopen(file, "rb");
    if (f == NULL) {
        snprintf(why, why_bytes, "%s cannot be read", file);
        return NULL;
    }
    char *bytes = malloc(FILE_MAX);
    HX_ASSERT(bytes != NULL);
    size_t n = fread(bytes, 1, FILE_MAX, f);
    fclose(f);
    struct str text = {bytes, n};
    if (str_starts(text, STR("\xEF\xBB\xBF"))) text.at += 3, text.len -= 3;
    json_t *rows = NULL;
    if (n == FILE_MAX) {
        snprintf(why, why_bytes, "the file is larger than %d MiB", FILE_MAX >> 20);
    } else if (dot != NULL && strcmp(dot, ".ics") == 0) {
        rows = read_calendar(text, why, why_bytes);
    } else if (dot != NULL && strcmp(dot, ".json") == 0) {
        if (json_parse(text, &rows, why, why_bytes) == HX_OK && !json_is_array(rows)) {
            snprintf(why, why_bytes, "want an array of objects");
            json_decref(rows);
            rows = NULL;
        }
        for (size_t i = 0; i < json_array_size(rows); i++) json_put_i64(json_array_get(rows, i), "_line", (json_int_t)i + 1);
    } else {
        rows = read_csv(text, why, why_bytes);
    }
    free(bytes);
    return rows;
}
