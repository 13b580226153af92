import type { Chain, SignedMandate } from '@ambit/core/mandate'
import type { Signer } from '@ambit/core/signature'
import { attenuate } from '@ambit/sdk/attenuate'
import type { Attenuation } from '@ambit/sdk/attenuate'
import { memorySigner } from './signers.ts'

/** A chain with one more link, and the key that it was handed to. */
export interface HandedOn {
  readonly chain: SignedMandate[]
  readonly key: Signer
}

/** Hands a chain on with the SDK, as whoever holds its last link does: to a new key unless the wish names one. */
export async function handedOn(chain: Chain, by: Signer, wish: Partial<Attenuation> = {}): Promise<HandedOn> {
  const key = memorySigner()
  return { chain: await attenuate(chain, by, { holder: key.key, ...wish }), key }
}
