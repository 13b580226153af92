/** What tabs of this browser tell one another; nothing but that it happened. */
const channelName = 'ambit.signed-in'

/** Tells the other tabs that the person is signed in now. */
export function tellOtherTabs(): void {
  const channel = new BroadcastChannel(channelName)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel of this origin takes none
  channel.postMessage('signed in')
  channel.close()
}

/** Calls back when the person signed in in another tab. Returns what ends it. */
export function whenOtherTabSignsIn(then: () => void): () => void {
  const channel = new BroadcastChannel(channelName)
  channel.addEventListener('message', then)
  return () => channel.close()
}
