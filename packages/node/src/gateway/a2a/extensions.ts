import { a2aError } from '@ambit/core/wire/a2a/error'
import type { A2aError } from '@ambit/core/wire/a2a/error'
import { readExtensions } from '@ambit/core/wire/a2a/version'
import type { Target } from '../../registry/target.ts'
import { messageCapability } from './capability.ts'

/**
 * An extension that the agent's card requires and the caller did not declare (section 3.3.4): answered before the act
 * leaves. Undefined when there is none. `declared` is the header A2A-Extensions.
 */
export function missingExtension(target: Target, declared: string | undefined): A2aError | undefined {
  const offered = extensionsOf(target)
  if (!Array.isArray(offered)) return undefined
  let known: readonly string[] | undefined
  for (const extension of offered as readonly unknown[]) {
    if (typeof extension !== 'object' || extension === null) continue
    const { uri, required } = extension as Readonly<Record<string, unknown>>
    if (required !== true || typeof uri !== 'string') continue
    known ??= readExtensions(declared)
    if (known.includes(uri)) continue
    return a2aError(
      'EXTENSION_SUPPORT_REQUIRED',
      `this agent's card requires the extension ${uri.slice(0, 500)}; say in the header A2A-Extensions that you know it`,
    )
  }
  return undefined
}

function extensionsOf(target: Target): unknown {
  const capabilities = target.capabilities.get(messageCapability)?.served['capabilities']
  if (typeof capabilities !== 'object' || capabilities === null) return undefined
  return (capabilities as Readonly<Record<string, unknown>>)['extensions']
}
