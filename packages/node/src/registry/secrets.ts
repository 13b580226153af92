import { Fault } from '@ambit/core/fault'
import type { Vault } from '../vault/vault.ts'

/** The vault as registering uses it: puts credentials in, reads them to ask an upstream who it is. */
export type Secrets = Pick<Vault, 'put' | 'get'>

/** The person under whom the vault keeps what an operator left for everyone. */
export const everyone = '*'

export interface HeaderSecret {
  readonly header: string
  readonly value: string
}

/** Header names are tokens, values visible text (RFC 9110, section 5). */
const headerForm = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}$/
const valueForm = /^[\t\x20-\x7e\x80-\xff]{1,8192}$/
const environmentForm = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/
/** Headers that carry the message itself; a credential in their place would change what is sent. */
const messageHeaders = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'keep-alive',
  'accept',
  'accept-encoding',
  'origin',
])

/** Throws a Fault `input.invalid` that never repeats the value. */
export function checkHeaderSecret(secret: HeaderSecret, where: string): void {
  if (!headerForm.test(secret.header)) {
    throw new Fault('input.invalid', { detail: 'that is no name of a header', where: `${where}.header` })
  }
  if (messageHeaders.has(secret.header.toLowerCase()) || /^(mcp|a2a)-/i.test(secret.header)) {
    throw new Fault('input.invalid', {
      detail: `the header ${secret.header} belongs to the message, not to a credential`,
      where: `${where}.header`,
    })
  }
  if (!valueForm.test(secret.value)) {
    throw new Fault('input.invalid', {
      detail: 'the value is empty, too long, or holds characters that no header may hold',
      where: `${where}.value`,
    })
  }
}

export function checkEnvironment(env: Readonly<Record<string, string>>, where: string): void {
  for (const [name, value] of Object.entries(env)) {
    if (!environmentForm.test(name) || value.includes('\0')) {
      throw new Fault('input.invalid', {
        detail: 'that is no name or value of an environment variable',
        where: `${where}.${name.slice(0, 60)}`,
      })
    }
  }
}

/** Name of the vault entry whose value goes into a header. */
export function secretName(header: string): string {
  return header.toLowerCase()
}
