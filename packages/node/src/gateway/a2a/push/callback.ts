import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { PushConfig } from '@ambit/core/wire/a2a/push'
import { a2aVersion, a2aVersion03 } from '@ambit/core/wire/a2a/version'
import type { A2aVersion } from '@ambit/core/wire/a2a/version'
import type { Keyring } from '../../../kernel/keyring.ts'
import type { CallbackRow } from './push-store.ts'

/** A client's configuration as it is kept: what its webhook must be told of and by whom. */
export interface KeptConfig {
  readonly url: string
  readonly token?: string
  readonly authentication?: { readonly scheme: string; readonly credentials?: string }
  /** In which version the client wants to be told; left out: the current one. */
  readonly version?: typeof a2aVersion03
}

/** One path segment; no agent's address has this form. */
export const callbackPrefix = '/a2a/push/'
const idForm = /^cb_[0-9a-f]{32}$/
const tokenBytes = 32

export function isCallbackId(text: unknown): text is string {
  return typeof text === 'string' && idForm.test(text)
}

/** The address that an agent pushes to. Nothing of it tells whose task it is. */
export function callbackUrl(origin: string, id: string): string {
  return `${origin}${callbackPrefix}${id}`
}

/** The callback that an address names, whatever the node was called when it gave that address. */
export function callbackOfUrl(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined
  const at = url.indexOf(callbackPrefix)
  const id = at < 0 ? '' : url.slice(at + callbackPrefix.length)
  return isCallbackId(id) ? id : undefined
}

export function newCallbackToken(random: (bytes: number) => Buffer): string {
  return `cbt_${random(tokenBytes).toString('base64url')}`
}

export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** In the same time whatever was sent. */
export function isToken(row: Pick<CallbackRow, 'token'>, sent: string): boolean {
  if (row.token === null) return false
  return timingSafeEqual(Buffer.from(row.token, 'hex'), Buffer.from(tokenHash(sent), 'hex'))
}

const sealPurpose = 'a2a.push.config'
const bodyPurpose = 'a2a.push.body'

export function keptConfig(config: PushConfig, version: A2aVersion = a2aVersion): KeptConfig {
  const { url, token, authentication } = config
  return {
    url,
    ...(version === a2aVersion03 ? { version } : {}),
    ...(token === undefined ? {} : { token }),
    ...(authentication === undefined
      ? {}
      : {
          authentication: {
            scheme: authentication.scheme,
            ...(authentication.credentials === undefined ? {} : { credentials: authentication.credentials }),
          },
        }),
  }
}

export function sealConfig(keyring: Keyring, id: string, config: KeptConfig): Buffer {
  return keyring.seal(sealPurpose, id, JSON.stringify(config))
}

export function openConfig(keyring: Keyring, row: Pick<CallbackRow, 'id' | 'sealed'>): KeptConfig {
  return JSON.parse(keyring.open(sealPurpose, row.id, row.sealed).toString('utf8')) as KeptConfig
}

export function sealBody(keyring: Keyring, callback: string, body: Uint8Array): Buffer {
  return keyring.seal(bodyPurpose, callback, body)
}

export function openBody(keyring: Keyring, callback: string, sealed: Uint8Array): Buffer {
  return keyring.open(bodyPurpose, callback, sealed)
}

/** Tells equal configurations without telling what is in them. */
export function contentOf(keyring: Keyring, id: string | undefined, config: KeptConfig): string {
  const text = JSON.stringify([id ?? null, config])
  return createHmac('sha256', keyring.derive('a2a.push.content')).update(text).digest('hex')
}
