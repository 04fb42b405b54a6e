// One kind of events over the live feed, asked for every ten seconds where it does not come through.
export interface Feed { begin(): void; end(): void }
const EVERY_MS = 10_000

/** `types` of `prefix` are heard; `load` asks for all that they may have changed, unless `mine` says that one is of no interest. */
export function makeFeed(prefix: string, types: string[], load: () => unknown, mine: (data: Record<string, unknown>) => boolean = () => true): Feed {
  let source: EventSource | null = null
  let timer = 0
  function listen(): void {
    source?.close()
    source = new EventSource(`/v1/live?only=${prefix}`)
    for (const x of ['hello', 'resync']) source.addEventListener(x, () => void load())
    for (const x of types) source.addEventListener(prefix + x, (e: MessageEvent<string>) => mine(JSON.parse(e.data) as Record<string, unknown>) && void load())
  }
  return {
    begin() {
      listen()
      clearInterval(timer)
      timer = window.setInterval(() => {
        if (source === null || source.readyState === EventSource.CLOSED) listen()
        void load()
      }, EVERY_MS)
    },
    end() {
      clearInterval(timer)
      source?.close()
      source = null
    },
  }
}
