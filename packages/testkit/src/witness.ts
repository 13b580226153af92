import { generateKeyPairSync, hash } from 'node:crypto'
import { base64 } from '@ambit/core/bytes'
import { signCheckpoint } from '@ambit/core/log/checkpoint'
import { leafHash, nodeHash } from '@ambit/core/log/merkle'
import type { NoteSigner } from '@ambit/core/log/note'
import { startControlServer } from './control-server.ts'
import { handClock } from './clock.ts'
import { send } from './raw-http.ts'
import type { RawAnswer } from './raw-http.ts'
import { createKeyring } from '@ambit/node/kernel/keyring'
import { silentLog } from '@ambit/node/kernel/log'
import { createMetrics } from '@ambit/node/kernel/metrics'
import type { Caller } from '@ambit/node/kernel/route'
import { noteSigner } from '@ambit/node/ledger/ledger'
import type { Store } from '@ambit/node/store/store'
import { openWitness } from '@ambit/node/witness/witness'

/** Who puts logs on the list of a witness. */
export const operator: Caller = { person: 'p_1', organization: 'main', roles: ['operator'], by: 'session' }

/** A witness on a real server, called `example.com/witness`, with a clock that stands still. */
export async function openRoom(store: Store, nodeName = 'example.com') {
  const clock = handClock()
  const keyring = createKeyring(Buffer.from(hash('sha256', nodeName), 'hex'), clock)
  const parts = { store, clock, keyring, log: silentLog, metrics: createMetrics(), nodeName }
  const witness = await openWitness(parts)
  const server = await startControlServer({ dataPaths: [witness.dataPath] })
  const post = async (body: string, call = 'add-checkpoint'): Promise<RawAnswer> =>
    await send(server.port, { method: 'POST', path: `/witness/${call}`, body })
  return {
    clock,
    witness,
    server,
    post,
    get: async (path: string) => await send(server.port, { path }),
    [Symbol.asyncDispose]: async () => await server.close(),
  }
}

/** A new key of a log. */
export function newSigner(name: string): NoteSigner {
  return noteSigner(name, generateKeyPairSync('ed25519').privateKey)
}

/** A log of one entry, two ways in which it may go on to two entries, and the requests for each. */
export async function forkedLog(name: string) {
  const signer = newSigner(name)
  const leaf = async (text: string) => await leafHash(Buffer.from(text))
  const first = await leaf('first')
  const begin = `old 0\n\n${signCheckpoint(1, first, signer)}`
  const goOn = async (text: string) => {
    const second = await leaf(text)
    const root = await nodeHash(first, second)
    return `old 1\n${base64(second)}\n\n${signCheckpoint(2, root, signer)}`
  }
  return { signer, begin, one: await goOn('one story'), other: await goOn('another story') }
}
