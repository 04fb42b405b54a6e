#include "gb28181_steer.h"

#include "proto/gb28181/gb28181_sdp.h"

#define PRESET_SET 0x81
#define PRESET_CALL 0x82
#define PRESET_DELETE 0x83

void gb_steer_format(const struct recorder_steer *s, char out[17])
{
    unsigned moves = (s->pan > 0 ? GB_RIGHT : s->pan < 0 ? GB_LEFT : 0) | (s->tilt > 0 ? GB_UP : s->tilt < 0 ? GB_DOWN : 0) | (s->zoom > 0 ? GB_ZOOM_IN : s->zoom < 0 ? GB_ZOOM_OUT : 0);
    unsigned lens = (s->focus > 0 ? GB_FOCUS_FAR : s->focus < 0 ? GB_FOCUS_NEAR : 0) | (s->iris > 0 ? GB_IRIS_OPEN : s->iris < 0 ? GB_IRIS_CLOSE : 0);
    if (s->act == STEER_MOVE) gb_ptz_move(moves, s->speed, s->speed, s->speed / 16, out);
    else if (s->act == STEER_LENS) gb_ptz_lens(lens, s->speed, out);
    else gb_ptz_preset(s->act == STEER_PRESET_CALL ? PRESET_CALL : s->act == STEER_PRESET_SET ? PRESET_SET : PRESET_DELETE, s->preset, out);
}

static int way(unsigned bits, unsigned more, unsigned less)
{
    return bits & more ? 1 : bits & less ? -1 : 0;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

bool gb_steer_parse(struct str hex, struct recorder_steer *out)
{
    uint8_t b[8];
    if (!gb_ptz_parse(hex, b)) return false;
    unsigned what = b[3];
    *out = (struct recorder_steer){.act = STEER_MOVE};
    if (what < 0x40) {
        out->pan = way(what, GB_RIGHT, GB_LEFT), out->tilt = way(what, GB_UP, GB_DOWN), out->zoom = way(what, GB_ZOOM_IN, GB_ZOOM_OUT);
        out->speed = larger(larger(out->pan != 0 ? b[4] : 0, out->tilt != 0 ? b[5] : 0), out->zoom != 0 ? (b[6] >> 4) * 16 : 0);
    } else if ((what & 0xf0) == 0x40) {
        out->act = STEER_LENS;
        out->focus = way(what, GB_FOCUS_FAR, GB_FOCUS_NEAR), out->iris = way(what, GB_IRIS_OPEN, GB_IRIS_CLOSE);
        out->speed = larger(out->focus != 0 ? b[4] : 0, out->iris != 0 ? b[5] : 0);
    } else if (what >= PRESET_SET && what <= PRESET_DELETE) {
        out->act = what == PRESET_CALL ? STEER_PRESET_CALL : what == PRESET_SET ? STEER_PRESET_SET : STEER_PRESET_DELETE;
        out->preset = b[5];
        return out->preset > 0;
    } else {
        return false;
    }
    if (out->speed < 1) out->speed = out->pan || out->tilt || out->zoom || out->focus || out->iris ? 1 : 0;
    return true;
}
