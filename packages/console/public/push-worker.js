/*
 * Shows what the node tells a person while the console is closed. It holds nothing, asks nothing of the node, and opens
 * pages of its own origin only.
 */

/** What the node sends; whoever knows the subscription's keys could send anything, so nothing else is read of it. */
function read(data) {
  try {
    const { title, body, url, tag } = data.json()
    const texts = [title, body, url, tag]
    return texts.every((text) => typeof text === 'string') ? { title, body, url, tag } : undefined
  } catch {
    return undefined
  }
}

/** The page that is named, where it is one of this console. */
function pageOf(path) {
  const home = new URL('/approvals', self.location.origin)
  if (typeof path !== 'string' || !URL.canParse(path, self.location.origin)) return home.href
  const page = new URL(path, self.location.origin)
  return page.origin === self.location.origin ? page.href : home.href
}

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('push', (event) => {
  const said = event.data === null ? undefined : read(event.data)
  // A browser that shows nothing takes the subscription away.
  const { title, body, url, tag } = said ?? { title: 'Ambit', body: '', url: '/approvals', tag: 'ambit' }
  const options = { body, tag, renotify: true, icon: '/mark.svg', data: { url } }
  event.waitUntil(self.registration.showNotification(title, options))
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(pageOf(event.notification.data?.url)))
})

/** In a window of the console where one is open, else in a new one. */
async function open(page) {
  const windows = await self.clients.matchAll({ type: 'window' })
  for (const each of windows) {
    try {
      const shown = await each.navigate(page)
      await (shown ?? each).focus()
      return
    } catch {
      // Of another page than one that this worker serves: the next one, or a new one.
    }
  }
  await self.clients.openWindow(page)
}
