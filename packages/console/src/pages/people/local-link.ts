const localHosts = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/

/** Whether a link can be opened on the machine of the node only. */
export function isLocalLink(link: string): boolean {
  return URL.canParse(link) && localHosts.test(new URL(link).hostname)
}
