/** A request of IndexedDB as a promise. */
export function done<T>(r: IDBRequest<T>): Promise<T> {
  return new Promise((ok, fail) => {
    r.onsuccess = () => ok(r.result)
    r.onerror = () => fail(r.error ?? new Error('storage'))
  })
}
