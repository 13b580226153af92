/* The small log and the keys that all these vectors are about. */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { base64, hex, utf8 } from '@ambit/core/bytes'
import { checkpointText } from '@ambit/core/log/checkpoint'
import { cosign, signatureLine } from '@ambit/core/log/cosignature'
import { leafHash, nodeHash } from '@ambit/core/log/merkle'
import { formatVkey, keyIdOf } from '@ambit/core/log/note'
import type { KeyKind } from '@ambit/core/log/note'

export const time = 1_800_000_000
export const origin = 'log.example/activity'
/** What stands before the seed in the PKCS #8 form of a private key (RFC 8410, RFC 9881). */
const pkcs8Prefix: Readonly<Record<KeyKind, string>> = {
  ed25519: '302e020100300506032b657004220420',
  cosignature: '302e020100300506032b657004220420',
  'ml-dsa-44': '3034020100300b060960864801650304031104228020',
}
const publicKeyBytes = { ed25519: 32, cosignature: 32, 'ml-dsa-44': 1312 } as const

/** A key whose seed is the SHA-256 of its name and kind: never one to trust. */
async function testKey(name: string, kind: KeyKind) {
  const seed = createHash('sha256').update(`${name} ${kind}`).digest()
  const der = Buffer.concat([Buffer.from(pkcs8Prefix[kind], 'hex'), seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const vkey = await formatVkey(name, spki.subarray(-publicKeyBytes[kind]), kind)
  const keyId = keyIdOf(vkey)
  const signBytes = (bytes: Uint8Array) => new Uint8Array(sign(null, bytes, key))
  /** The line of this key under a checkpoint. */
  const line = async (text: string, at = time) =>
    kind === 'ed25519'
      ? signatureLine(name, keyId, signBytes(utf8(text)))
      : await cosign(text, { name, keyId, vkey, kind, sign: async (bytes) => signBytes(bytes) }, at)
  return { name, kind, seed: hex(seed), vkey, keyId, line }
}

export const keys = {
  log: await testKey(origin, 'ed25519'),
  logPq: await testKey(origin, 'ml-dsa-44'),
  otherLog: await testKey('other.example/activity', 'ed25519'),
  w1: await testKey('witness-1.example', 'cosignature'),
  w2: await testKey('witness-2.example', 'cosignature'),
  w3: await testKey('witness-3.example', 'ml-dsa-44'),
  w4: await testKey('witness-4.example', 'cosignature'),
  w3Plain: await testKey('witness-3.example', 'ed25519'),
}
type KeyName = keyof typeof keys

export const entries = Array.from({ length: 7 }, (_, at) => `{"kind":"entry","number":${at}}`)
export const leaves = await Promise.all(entries.map((entry) => leafHash(utf8(entry))))
export const h01 = await nodeHash(leaves[0]!, leaves[1]!)
const h23 = await nodeHash(leaves[2]!, leaves[3]!)
export const h45 = await nodeHash(leaves[4]!, leaves[5]!)
export const h0123 = await nodeHash(h01, h23)
export const h456 = await nodeHash(h45, leaves[6]!)
export const root = await nodeHash(h0123, h456)
export const text = checkpointText(origin, 7, root)
export const lines = Object.fromEntries(
  await Promise.all(Object.entries(keys).map(async ([id, key]) => [id, await key.line(text)])),
) as Record<KeyName, string>
export const untimed = await keys.w3.line(text, 0)

export function note(...signed: readonly string[]): string {
  return `${text}\n${signed.join('')}`
}

/** The same line with one bit of the last byte of its signature turned. */
export function flipped(line: string): string {
  const [dash, name, payload] = line.trimEnd().split(' ')
  const bytes = Uint8Array.fromBase64(payload!)
  bytes[bytes.length - 1]! ^= 1
  return `${dash} ${name} ${base64(bytes)}\n`
}

/** The same line with another payload behind its key id. */
export function repacked(line: string, change: (payload: Uint8Array) => Uint8Array): string {
  const [, name, encoded] = line.trimEnd().split(' ')
  const bytes = Uint8Array.fromBase64(encoded!)
  return signatureLine(name!, hex(bytes.subarray(0, 4)), change(bytes.slice(4)))
}

export const later = (payload: Uint8Array) => payload.with(7, payload[7]! + 1)
export const farOff = (payload: Uint8Array) => payload.with(0, 0x7f)

/** A policy with one log and three witnesses, of which C signs with ML-DSA-44; it lacks its quorum. */
export const three = `log ${keys.log.vkey}\nwitness A ${keys.w1.vkey}\nwitness B ${keys.w2.vkey}\nwitness C ${keys.w3.vkey}\n`
