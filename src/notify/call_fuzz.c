/* What an exchange says about its audio, and what is to be spoken. */
#include <stdlib.h>

#include "base/g711.h"
#include "notify/voice.h"
#include "proto/rtp/rtp.h"
#include "proto/sip/sip_audio.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str in = {(const char *)bytes, n};
    struct sip_audio a;
    struct rtp_packet r;
    int16_t *samples;
    size_t count;
    if (sip_audio_read(in, &a) == HX_OK) HX_ASSERT(a.port > 0 && a.port <= 65535 && (a.law == SIP_AUDIO_ALAW || a.law == SIP_AUDIO_ULAW) && a.event <= 127);
    if (rtp_parse(in, &r) == HX_OK) HX_ASSERT(r.payload.len <= n);
    if (voice_from_wav(in, &samples, &count) == HX_OK) {
        HX_ASSERT(count > 0 && count <= (size_t)VOICE_SECONDS_MAX * VOICE_RATE);
        (void)(g711_alaw(samples[count - 1]) + g711_ulaw(samples[0]));
    }
    free(samples);
    return 0;
}
