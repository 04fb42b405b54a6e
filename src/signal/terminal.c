#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *terminal_number(const char *digits)
{
    while (digits[0] == '0' && digits[1] != 0) digits++;
    return digits;
}

struct terminal *terminal_find(const struct terminals *all, const char *digits)
{
    return map_get(&all->by_number, str_of(terminal_number(digits)));
}

void terminal_note_unknown(struct terminals *all, const char *digits, const char *plate, int64_t now_ms)
{
    struct terminal_unknown *at = NULL, *oldest = all->unknown;
    const char *number = terminal_number(digits);
    for (size_t i = 0; i < all->unknown_count; i++) {
        if (strcmp(all->unknown[i].number, number) == 0) at = &all->unknown[i];
        if (all->unknown[i].last_at < oldest->last_at) oldest = &all->unknown[i];
    }
    if (at == NULL) at = all->unknown_count < TERMINALS_UNKNOWN ? &all->unknown[all->unknown_count++] : oldest;
    if (strcmp(at->number, number) != 0) at->plate[0] = 0;
    snprintf(at->number, sizeof at->number, "%s", number);
    if (plate[0] != 0) snprintf(at->plate, sizeof at->plate, "%s", plate);
    at->last_at = now_ms;
}

/* The shift of GCJ-02 as public code has it since 2013 (Krasovsky 1940 ellipsoid). */
static void shift(double lon, double lat, double *dlon, double *dlat)
{
    const double a = 6378245.0, ee = 0.00669342162296594323;
    double x = lon - 105, y = lat - 35, r = lat * M_PI / 180, magic = 1 - ee * sin(r) * sin(r);
    double wave = (20 * sin(6 * x * M_PI) + 20 * sin(2 * x * M_PI)) * 2 / 3;
    double la = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x)) + wave + (20 * sin(y * M_PI) + 40 * sin(y / 3 * M_PI)) * 2 / 3 + (160 * sin(y / 12 * M_PI) + 320 * sin(y * M_PI / 30)) * 2 / 3;
    double lo = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x)) + wave + (20 * sin(x * M_PI) + 40 * sin(x / 3 * M_PI)) * 2 / 3 + (150 * sin(x / 12 * M_PI) + 300 * sin(x / 30 * M_PI)) * 2 / 3;
    *dlat = la * 180 / (a * (1 - ee) / (magic * sqrt(magic)) * M_PI);
    *dlon = lo * 180 / (a / sqrt(magic) * cos(r) * M_PI);
}

void terminal_unshift(double *lon, double *lat)
{
    double wlon = *lon, wlat = *lat, dlon, dlat;
    if (*lon < 72.004 || *lon > 137.8347 || *lat < 0.8293 || *lat > 55.8271) return;
    for (int i = 0; i < 3; i++) { /* the shift at the true place is what was added */
        shift(wlon, wlat, &dlon, &dlat);
        wlon = *lon - dlon;
        wlat = *lat - dlat;
    }
    *lon = wlon;
    *lat = wlat;
}
