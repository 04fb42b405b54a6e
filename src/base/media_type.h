/* What a file is by its first bytes, not by what anybody says of it. Pure. */
#ifndef HX_MEDIA_TYPE_H
#define HX_MEDIA_TYPE_H

#include "base/str.h"

enum media_kind { MEDIA_PHOTO = 1, MEDIA_SOUND = 2, MEDIA_DRAWING = 4 };

/* "image/jpeg" …, one of the kinds that are wanted (added up); NULL for anything else. */
const char *media_type(struct str bytes, unsigned kinds);

#endif
