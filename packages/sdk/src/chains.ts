import { base64url, utf8 } from '@ambit/core/bytes'
import type { Chain, SignedMandate } from '@ambit/core/mandate'
import type { Signer } from '@ambit/core/signature'
import { path } from './connection.ts'
import type { Connection, Options } from './connection.ts'
import type { MandateView } from './mandates.ts'
import { proofOf } from './proof.ts'

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
const chainType = 'urn:ambit:mandate-chain'
/** The longest chain that verifies (`chainLinksMax` of core) and no more: a node that says otherwise is not followed. */
const linksMax = 16

export interface ChainAccess {
  /** `ambm_…`: what acts are made with, each with a proof by the same key (`provenFetch`). */
  readonly token: string
  /** Seconds that it lives; a new proof gets another. */
  readonly expiresInS: number
}

/**
 * Mandates as their holders carry them: root first, each link signed by the holder above.
 *
 * @example
 * ```ts
 * const chain = await ambit.chains.of('m_019a…')
 * const handed = await attenuate(chain, signer, { holder: helper.key })
 * // the helper, with nothing but the chain and its own key:
 * const { token } = await connectAmbit({ url }).chains.present(handed, helper)
 * ```
 */
export function chainCalls({ url, call }: Connection) {
  return {
    /** The signed links from the root to this mandate. */
    async of(mandate: string, { signal }: Options = {}): Promise<readonly SignedMandate[]> {
      const links: SignedMandate[] = []
      let next: string | undefined = mandate
      while (next !== undefined && links.length < linksMax) {
        const { signed, parent }: MandateView = await call('GET', path`/api/mandates/${next}`, { signal })
        links.unshift(signed)
        next = parent
      }
      return links
    },
    /**
     * A token of a few minutes for whoever holds the last link and proves it (RFC 8693, RFC 9449). Nobody needs to be
     * signed in. Refused with `chain.…` or `mandate.…` where a link is not in order or has ended.
     */
    async present(chain: Chain, signer: Signer, { signal }: Options = {}): Promise<ChainAccess> {
      const form = {
        grant_type: grantType,
        subject_token: base64url(utf8(JSON.stringify(chain))),
        subject_token_type: chainType,
      }
      const headers = { dpop: await proofOf(signer, 'POST', `${url}/oauth/token`) }
      const answer = await call<{ access_token: string; expires_in: number }>('POST', '/oauth/token', {
        form,
        headers,
        signal,
      })
      return { token: answer.access_token, expiresInS: answer.expires_in }
    },
  }
}
