/** The address, if it is one of the web: any other could run here. Throws a TypeError. */
export function webAddress(text: string): string {
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new TypeError('no address of the web')
  return url.href
}
