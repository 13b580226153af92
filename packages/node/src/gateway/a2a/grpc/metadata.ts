import type { Metadata } from '@grpc/grpc-js'
import { a2aError } from '@ambit/core/wire/a2a/error'
import type { A2aError } from '@ambit/core/wire/a2a/error'
import { a2aVersion, a2aVersion03, readVersion, versionHeader } from '@ambit/core/wire/a2a/version'
import { receiptHeader } from '@ambit/core/wire/receipt-wish'
import type { Holder } from '../../../authority/authority.ts'
import type { Gateway } from '../../gateway.ts'
import { traceOf } from '../headers.ts'
import { authenticationError } from '../refusal.ts'

/** What the metadata of a call says, once it was found good. */
export interface Admission {
  readonly holder: Holder
  readonly trace: string | undefined
  /** The service parameter A2A-Extensions. */
  readonly extensions: string | undefined
  /** What is wished for of the receipt. */
  readonly receipt: string | undefined
}

/** Longest value of an entry that governs a message. */
const valueCharactersMax = 8192

const governing = [
  'authorization',
  versionHeader,
  'a2a-extensions',
  'traceparent',
  receiptHeader,
  'origin',
] as const

/** Who calls, and whether in this version: known from the metadata alone, before a byte of the message is kept. */
export function admit(gateway: Pick<Gateway, 'authenticate'>, metadata: Metadata): Admission | A2aError {
  for (const name of governing) {
    const values = metadata.get(name)
    if (values.length > 1 || String(values[0] ?? '').length > valueCharactersMax)
      return a2aError('INVALID_REQUEST', `the metadata ${name} comes twice or is too long`)
  }
  // Nothing that a browser loaded from somewhere else speaks gRPC in earnest.
  if (metadata.get('origin').length > 0)
    return a2aError('INVALID_REQUEST', 'this address is not for web pages')
  const authentication = gateway.authenticate(textOf(metadata, 'authorization'))
  if (!authentication.ok) return authenticationError(authentication)
  const version = textOf(metadata, versionHeader)?.trim() || a2aVersion03
  if (readVersion(version) !== a2aVersion) {
    return a2aError(
      'VERSION_NOT_SUPPORTED',
      `this node speaks A2A ${a2aVersion} over gRPC, not ${version.slice(0, 20)}; send the metadata ${versionHeader}: ${a2aVersion}`,
    )
  }
  return {
    holder: authentication.holder,
    trace: traceOf(textOf(metadata, 'traceparent')),
    extensions: textOf(metadata, 'a2a-extensions'),
    receipt: textOf(metadata, receiptHeader),
  }
}

function textOf(metadata: Metadata, name: (typeof governing)[number]): string | undefined {
  const [value] = metadata.get(name)
  return typeof value === 'string' ? value : undefined
}
