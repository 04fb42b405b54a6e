import { onUnmounted, ref } from 'vue'

/** Records what somebody says, until it is called again; `got` receives the sound, `failed` is called where there is no microphone. */
export function useRecorder(got: (sound: Blob) => void, failed: () => void) {
  const recorder = ref<MediaRecorder | null>(null)
  async function speak(): Promise<void> {
    if (recorder.value) return recorder.value.stop()
    try {
      const r = new MediaRecorder(await navigator.mediaDevices.getUserMedia({ audio: true }), { audioBitsPerSecond: 24_000 })
      const parts: Blob[] = []
      r.ondataavailable = (e) => parts.push(e.data)
      r.onstop = () => {
        r.stream.getTracks().forEach((x) => x.stop())
        recorder.value = null
        got(new Blob(parts, { type: r.mimeType }))
      }
      r.start()
      recorder.value = r
    } catch {
      failed()
    }
  }
  onUnmounted(() => recorder.value?.stop())
  return { recorder, speak }
}
