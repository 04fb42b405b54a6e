// The language module reads these when it is loaded; Node has neither.
Object.assign(globalThis, { localStorage: { getItem: () => null, setItem: () => {} } })
