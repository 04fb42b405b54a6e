// The shell stays on the phone: without a network the app opens all the same. Answers of the API are never kept here.
const SHELL = 'huxue-shell-1'
self.addEventListener('install', (e) => e.waitUntil(caches.open(SHELL).then((c) => c.addAll(['/m/', '/icon.svg', '/m/app.webmanifest'])).then(() => self.skipWaiting())))
self.addEventListener('activate', (e) => e.waitUntil(caches.keys().then((names) => Promise.all(names.filter((n) => n !== SHELL).map((n) => caches.delete(n)))).then(() => self.clients.claim())))
async function fresh(request, key) {
  const shell = await caches.open(SHELL)
  try {
    const reply = await fetch(request)
    if (reply.ok) await shell.put(key, reply.clone())
    return reply
  } catch {
    return (await shell.match(key)) ?? Response.error()
  }
}
async function kept(request) {
  const shell = await caches.open(SHELL)
  const there = await shell.match(request)
  if (there !== undefined) return there
  const reply = await fetch(request)
  if (reply.ok) await shell.put(request, reply.clone())
  return reply
}
self.addEventListener('fetch', (e) => {
  const url = new URL(e.request.url)
  if (e.request.method !== 'GET' || url.origin !== self.location.origin) return
  if (e.request.mode === 'navigate') e.respondWith(fresh(e.request, '/m/'))
  else if (url.pathname.startsWith('/assets/') || url.pathname === '/icon.svg') e.respondWith(kept(e.request))
})
// Woken by the push service while the page is closed. What it brings is told at once; the page asks for the rest.
self.addEventListener('push', (e) => {
  let said = {}
  try { said = e.data.json() } catch { /* a browser wants something shown all the same */ }
  const { title = '护学', text = '', delivery = 0, drill = false } = said
  e.waitUntil(self.registration.showNotification(title, { body: text, tag: `huxue-${delivery}`, renotify: true, requireInteraction: delivery > 0, silent: false, vibrate: drill ? [200] : [400, 150, 400, 150, 400], icon: '/icon.svg', data: { delivery } }))
})
self.addEventListener('notificationclick', (e) => {
  e.notification.close()
  e.waitUntil(self.clients.matchAll({ type: 'window', includeUncontrolled: true }).then((all) => {
    const mine = all.find((c) => new URL(c.url).pathname.startsWith('/m/'))
    return mine ? mine.focus() : self.clients.openWindow('/m/')
  }))
})
