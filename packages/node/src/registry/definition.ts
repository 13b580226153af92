import type { Digest } from '@ambit/core/digest'
import { digestValue } from '../kernel/digest.ts'

/**
 * Digest of a definition as the upstream serves it: canonical JSON without `_meta`, which carries what belongs to the
 * answer and not to the tool (MCP, section "General fields").
 */
export function definitionDigest(served: Readonly<Record<string, unknown>>): Digest {
  const { _meta: _, ...definition } = served
  return digestValue(definition)
}
