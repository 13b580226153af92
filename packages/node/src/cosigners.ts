import { readFileSync } from 'node:fs'
import { Fault } from '@ambit/core/fault'
import { parsePolicy } from '@ambit/core/log/policy'
import type { LogPolicy } from '@ambit/core/log/policy'
import type { Config } from './config.ts'
import type { Clock } from './kernel/clock.ts'
import type { Disposer } from './kernel/disposer.ts'
import type { Log } from './kernel/log.ts'
import { createCosigner } from './ledger/ledger.ts'
import type { Cosigner } from './ledger/ledger.ts'
import { createAddressGuard } from './net/address.ts'
import { createUpstream } from './net/upstream.ts'

/**
 * Gives a log of this node, named by its Ed25519 key, the witnesses of AMBIT_LOG_POLICY; undefined: it has none. `list`
 * is the signed list that the log stands on.
 */
export type CosignerOf = (vkey: string, list: () => string) => Promise<Cosigner | undefined>

/** Throws `config.invalid` for a policy that cannot be read or names nobody who could be asked. */
export async function openCosigners({
  config,
  clock,
  log,
  disposer,
}: {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly disposer: Disposer
}): Promise<CosignerOf> {
  const { witnesses } = config
  if (witnesses === undefined) return async () => undefined
  const policy = await readPolicy(witnesses.policyFile)
  // Connections of their own: what holds up a witness holds up no act.
  const upstream = createUpstream(createAddressGuard(config.allowAddresses), { log, clock })
  disposer.add('witness connections', async () => await upstream.close())
  const { required, waitMs } = witnesses
  return async (vkey, list) =>
    await createCosigner({ vkey, policy, required, waitMs, upstream, clock, log, list })
}

async function readPolicy(file: string): Promise<LogPolicy> {
  const invalid = (detail: string, cause?: unknown) =>
    new Fault('config.invalid', {
      detail,
      where: 'AMBIT_LOG_POLICY',
      remedy: 'Correct the policy (c2sp.org/tlog-policy), then start the node again.',
      cause,
    })
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw invalid(`${file} cannot be read`, error)
  }
  const parsed = await parsePolicy(text)
  if (!parsed.ok) throw invalid(`${file}, ${parsed.reason}`)
  const { policy } = parsed
  const strange = policy.witnesses.find(({ url }) => url !== undefined && !isAddress(url))
  if (strange !== undefined)
    throw invalid(`${file}: the address of the witness ${strange.name} is not http or https`)
  if (!policy.witnesses.some(({ url }) => url !== undefined))
    throw invalid(`${file} names no witness with an address, so nobody can be asked`)
  return policy
}

function isAddress(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}
