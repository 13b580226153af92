import { pemBlocks } from '@ambit/core/pem'

/** SHA-256 of each certificate of a bundle, as tools print it; none where the browser cannot digest (no https). */
export async function fingerprintsOf(bundle: string): Promise<readonly string[]> {
  if (!globalThis.isSecureContext) return []
  return await Promise.all(
    pemBlocks('CERTIFICATE', bundle).map(async (der) => {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', der))
      return [...digest].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')
    }),
  )
}
