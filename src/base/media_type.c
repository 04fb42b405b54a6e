#include "media_type.h"

#include <string.h>

const char *media_type(struct str bytes, unsigned kinds)
{
    static const struct { unsigned kind; const char *type, *magic; size_t at, n; } known[] = {
        {MEDIA_PHOTO, "image/jpeg", "\xFF\xD8\xFF", 0, 3}, {MEDIA_PHOTO, "image/png", "\x89PNG\r\n\x1A\n", 0, 8}, {MEDIA_DRAWING, "image/svg+xml", "<svg ", 0, 5},
        {MEDIA_SOUND, "audio/webm", "\x1A\x45\xDF\xA3", 0, 4}, {MEDIA_SOUND, "audio/ogg", "OggS", 0, 4}, {MEDIA_SOUND, "audio/mp4", "ftyp", 4, 4},
    };
    for (size_t i = 0; i < HX_COUNT(known); i++)
        if ((known[i].kind & kinds) != 0 && bytes.len > known[i].at + known[i].n && memcmp(bytes.at + known[i].at, known[i].magic, known[i].n) == 0) return known[i].type;
    return NULL;
}
