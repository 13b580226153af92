import { addPush } from './channels.ts'
import type { Channel } from './channels.ts'

/**
 * Whether this browser can be told: `unsupported` (none of it, or not at this address: browsers ask for https or
 * localhost), `denied` (the person said no in the browser, and only there can they change it), `off`, `on`.
 */
export type PushState = 'unsupported' | 'denied' | 'off' | 'on'

/** Served by the node at its root, so that it may show notifications of the whole console. */
const workerPath = '/push-worker.js'

function isPushSupported(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis
}

/** `pushKey`: of the node, as the list of channels gives it. */
export async function pushState(pushKey: string): Promise<PushState> {
  if (!isPushSupported()) return 'unsupported'
  if (Notification.permission === 'denied') return 'denied'
  const registration = await navigator.serviceWorker.getRegistration(workerPath)
  const subscription = await registration?.pushManager.getSubscription()
  return subscription && isOf(subscription, pushKey) ? 'on' : 'off'
}

/**
 * Asks the person in the browser, subscribes, and tells the node. Call it from a click, which browsers ask for.
 * Undefined: the person said no. Throws an ApiProblem, or what the browser throws where its push service does not answer.
 */
export async function turnPushOn(
  pushKey: string,
  shown: { readonly label: string; readonly language: 'en' | 'zh' },
): Promise<Channel | undefined> {
  if ((await Notification.requestPermission()) !== 'granted') return undefined
  await navigator.serviceWorker.register(workerPath)
  const { pushManager } = await navigator.serviceWorker.ready
  const old = await pushManager.getSubscription()
  // Of the node before it had another key: it can send nothing there.
  if (old !== null && !isOf(old, pushKey)) await old.unsubscribe()
  const subscription = await pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytesOf(pushKey),
  })
  const { endpoint, keys } = subscription.toJSON()
  return await addPush({
    endpoint: endpoint ?? '',
    keys: { p256dh: keys?.['p256dh'] ?? '', auth: keys?.['auth'] ?? '' },
    ...shown,
  })
}

/** From then on the push service refuses what the node sends, and the node forgets the subscription. */
export async function turnPushOff(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration(workerPath)
  const subscription = await registration?.pushManager.getSubscription()
  await subscription?.unsubscribe()
}

function isOf(subscription: PushSubscription, pushKey: string): boolean {
  const key = subscription.options.applicationServerKey
  const wanted = bytesOf(pushKey)
  const given = key === null ? new Uint8Array() : new Uint8Array(key)
  return given.length === wanted.length && given.every((byte, at) => byte === wanted[at])
}

/** base64url without padding, as the node gives it. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
