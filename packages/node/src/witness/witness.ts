import { Fault } from '@ambit/core/fault'
import { parseVkey } from '@ambit/core/log/note'
import type { Cosigner, NoteVerifier } from '@ambit/core/log/note'
import type { Clock } from '../kernel/clock.ts'
import type { DataPath } from '../kernel/data-path.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Log } from '../kernel/log.ts'
import type { Metrics } from '../kernel/metrics.ts'
import type { Caller } from '../kernel/route.ts'
import { ed25519Cosigner, mlDsaCosigner } from '../ledger/ledger.ts'
import type { Store } from '../store/store.ts'
import { createWitnessRequests } from './requests.ts'
import { openWitnessStore } from './witness-store.ts'
import type { WitnessedLog, WitnessReader, WitnessWriter } from './witness-store.ts'

export type { WitnessedLog } from './witness-store.ts'

/**
 * Cosigns the checkpoints of other people's logs (c2sp.org/tlog-witness), as long as each continues the one before: who
 * asks for that cosignature finds out a log that begins again, or tells two people two stories. It cosigns nothing until
 * an operator puts a log on its list.
 */
export interface Witness {
  /** Stands on every cosignature. */
  readonly name: string
  /** Ed25519 first; ML-DSA-44 beside it where this runtime offers it. */
  readonly vkeys: readonly string[]
  readonly dataPath: DataPath
  logs(organization: string): Promise<readonly WitnessedLog[]>
  /**
   * By the key of a log, or that of the list of a node's logs: then those that follow one another in it are cosigned
   * without being added. Throws `input.invalid` for what is no key of a log, and `input.conflict` for one that cannot be witnessed here.
   */
  add(caller: Caller, vkey: string, url: string | undefined): Promise<WitnessedLog>
  /** By the origin of the log. Throws `input.not-found`. */
  remove(caller: Caller, origin: string): Promise<void>
}

export interface WitnessParts {
  readonly store: Store
  readonly keyring: Keyring
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Of this node, as it stands in the origins of its logs. */
  readonly nodeName: string
}

/** Each asks once a second: more is beyond one node. Those taken off the list count: they are never forgotten. */
const logsMax = 1000
/** An old and a new key of each kind. */
const keysMax = 4

export async function openWitness(parts: WitnessParts): Promise<Witness> {
  const { keyring, clock, log, metrics, nodeName } = parts
  const store = await openWitnessStore(parts.store)
  const name = `${nodeName}/witness`
  const cosigners = [
    ed25519Cosigner(name, keyring.derive('witness.ed25519')),
    mlDsaCosigner(name, keyring.derive('witness.ml-dsa-44')),
  ].filter((cosigner): cosigner is Cosigner => cosigner !== undefined)
  return {
    name,
    vkeys: cosigners.map(({ vkey }) => vkey),
    dataPath: createWitnessRequests({ store, cosigners, clock, log, metrics }),
    logs: async (organization) => await store.logs(organization, logsMax),
    async add(caller, vkey, url) {
      const key = await logKey(vkey, nodeName)
      const known = await store.log(key.name)
      if (known === undefined && (await store.count()) >= logsMax)
        throw new Fault('input.conflict', { detail: `a node is a witness of at most ${logsMax} logs` })
      await addKey(store, caller, { key, url, known, at: clock.now() })
      log.info('witness.log-added', { origin: key.name, by: caller.person })
      return (await store.log(key.name))!
    },
    async remove(caller, origin) {
      if (!(await store.remove(caller.organization, origin, clock.now())))
        throw new Fault('input.not-found', {
          detail: 'this node is no witness of such a log',
          where: 'origin',
        })
      log.info('witness.log-removed', { origin, by: caller.person })
    },
  }
}

async function logKey(vkey: string, nodeName: string): Promise<NoteVerifier> {
  const key = await parseVkey(vkey)
  if (!key.ok) throw new Fault('input.invalid', { detail: key.reason, where: 'vkey' })
  if (key.verifier.kind === 'cosignature')
    throw new Fault('input.invalid', {
      detail: 'that is the key of a witness, not of a log',
      where: 'vkey',
      remedy: 'Give the key of the log: `ambit status` of its node shows it.',
    })
  if (key.verifier.name.startsWith(`${nodeName}/`))
    throw new Fault('input.conflict', {
      detail:
        'that is a log of this very node: whoever can change it could change what its witness remembers too',
      where: 'vkey',
      remedy: 'Let a node on another machine be the witness, better of another organisation.',
    })
  return key.verifier
}

async function addKey(
  store: WitnessReader & WitnessWriter,
  { organization, person }: Caller,
  given: {
    readonly key: NoteVerifier
    readonly url: string | undefined
    readonly known: WitnessedLog | undefined
    readonly at: number
  },
): Promise<void> {
  const { key, known, at } = given
  const origin = key.name
  const vkeys = [...new Set([...(known?.vkeys ?? []), key.vkey])]
  if (vkeys.length > keysMax)
    throw new Fault('input.conflict', {
      detail: `a log has at most ${keysMax} keys here`,
      where: 'vkey',
      remedy: 'Remove the log and add the keys that it signs with now; what was cosigned of it is kept.',
    })
  const url = given.url ?? known?.url
  const row = { origin, organization, vkeys, url, by: person, at }
  if (!(await store.add(row)))
    throw new Fault('input.conflict', {
      detail: 'another organisation of this node is the witness of that log',
      where: 'vkey',
    })
}
