import { generateKeyPairSync } from 'node:crypto'
import { AgentCard, generateAgentCardSignature } from '@a2a-js/sdk'

/** A card signed by the official SDK, with the key in the header. */
export async function signCard(card: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' }) as { kty: string }
  const signer = generateAgentCardSignature(privateKey, { alg: 'ES256', kid: 'sdk-key', typ: 'JOSE', jwk })
  const { signatures } = await signer(AgentCard.fromJSON(card))
  return {
    ...card,
    signatures: signatures.map(({ protected: head, signature }) => ({ protected: head, signature })),
  }
}
