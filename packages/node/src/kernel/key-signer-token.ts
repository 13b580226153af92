import { spawn } from 'node:child_process'
import { createHash, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { Fault } from '@ambit/core/fault'
import type { KeySigner, TokenKeys } from './key-signer.ts'
import { createTurns } from './turns.ts'

/** A PKCS #11 token, reached through the program `pkcs11-tool` (OpenSC). */
export interface TokenPlace {
  readonly token: string
  /** Keys are called `<object>-<name>`. */
  readonly object: string
  /** Absolute path of the module of the token. */
  readonly module: string
  /** Its first line is the PIN. */
  readonly pinFile: string
  /** What the program gets of the node's environment: modules are set up by variables of their own. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

const program = 'pkcs11-tool'
/** Signing takes some milliseconds on a token of software and up to a second on a card. */
const timeoutMs = 20_000
const outputBytesMax = 64 * 1024
const pinVariable = 'AMBIT_TOKEN_PIN'

/** The settings that name tokens, and what their faults are called. */
const codes = { AMBIT_CA_KEY: 'ca.signer', AMBIT_LOG_KEY: 'ledger.signer' } as const
export type TokenSetting = keyof typeof codes

/** How the program is told to make and to use a key of each kind. */
const forms = {
  p256: { keyType: 'EC:prime256v1', sign: ['ECDSA', '--signature-format', 'openssl'] },
  ed25519: { keyType: 'EC:edwards25519', sign: ['EDDSA'] },
} as const
/** The program hands over what is signed with EdDSA in one piece, and reads no longer one. */
const ed25519BytesMax = 1024

/**
 * Keys in a token: made there, marked as never extractable, and used one call after the other. The PIN is read from its
 * file for each call and given in the environment of the program, never on its command line, which others can read.
 */
export function tokenKeys(place: TokenPlace, setting: TokenSetting = 'AMBIT_CA_KEY'): TokenKeys {
  const turns = createTurns()
  const tool: Tool = {
    run: async (args, input) =>
      await turns.take('token', async () => await runTool(place, setting, args, input)),
    failed: (detail, end) =>
      new Fault(codes[setting], { detail: `${detail}: ${program} ended with ${end}`, where: setting }),
  }
  const labelOf = (name: string): string => `${place.object}-${name}`
  return {
    token: place.token,
    async key(name, algorithm = 'p256') {
      const label = labelOf(name)
      const publicKey = (await readKey(tool, label)) ?? (await makeKey(tool, label, algorithm))
      return signer(tool, label, publicKey, algorithm)
    },
    async find(name, algorithm = 'p256') {
      const publicKey = await readKey(tool, labelOf(name))
      return publicKey === undefined ? undefined : signer(tool, labelOf(name), publicKey, algorithm)
    },
    async remove(name) {
      // The public half goes last: as long as it is there, the private one may be too.
      await removeObject(tool, labelOf(name), 'privkey')
      await removeObject(tool, labelOf(name), 'pubkey')
    },
  }
}

interface Tool {
  readonly run: (args: readonly string[], input?: Buffer) => Promise<Ran>
  readonly failed: (detail: string, end: string) => Fault
}

interface Ran {
  readonly ok: boolean
  readonly output: Buffer
  /** The token answered that it has no such object. */
  readonly absent: boolean
  /** How it ended, with nothing that the program wrote but the name of an error of PKCS #11. */
  readonly end: string
}

/** Undefined where there is none. A token that does not answer is no token without keys: that is a fault. */
async function readKey({ run, failed }: Tool, label: string): Promise<KeyObject | undefined> {
  const { ok, output, absent, end } = await run(['--read-object', '--type', 'pubkey', '--id', idOf(label)])
  if (absent) return undefined
  if (!ok) throw failed(`the key ${label} could not be looked for in the token`, end)
  try {
    // Keys of Ed25519 come as PEM, those of P-256 as DER.
    if (output[0] !== 0x30) return createPublicKey(output)
    return createPublicKey({ key: output, format: 'der', type: 'spki' })
  } catch {
    throw failed(`the public key ${label} of the token cannot be read`, end)
  }
}

async function makeKey(tool: Tool, label: string, algorithm: KeySigner['algorithm']): Promise<KeyObject> {
  const made = await tool.run([
    '--login',
    '--keypairgen',
    '--key-type',
    forms[algorithm].keyType,
    '--usage-sign',
    '--sensitive',
    '--label',
    label,
    '--id',
    idOf(label),
  ])
  const publicKey = made.ok ? await readKey(tool, label) : undefined
  if (publicKey === undefined)
    throw tool.failed(`no key called ${label} could be made in the token`, made.end)
  return publicKey
}

async function removeObject({ run, failed }: Tool, label: string, type: 'privkey' | 'pubkey'): Promise<void> {
  const { ok, absent, end } = await run(['--login', '--delete-object', '--type', type, '--id', idOf(label)])
  if (!ok && !absent) throw failed(`the key ${label} could not be deleted from the token`, end)
}

/** By which both halves of a key are found: the program signs with whatever key comes first where only a label is given. */
function idOf(label: string): string {
  return createHash('sha256').update(label).digest('hex').slice(0, 16)
}

function signer(
  { run, failed }: Tool,
  label: string,
  publicKey: KeyObject,
  algorithm: KeySigner['algorithm'],
): KeySigner {
  const args = ['--login', '--sign', '--id', idOf(label), '--mechanism', ...forms[algorithm].sign]
  return {
    algorithm,
    publicKey,
    async sign(bytes) {
      if (algorithm === 'ed25519' && bytes.length > ed25519BytesMax)
        throw new RangeError(`a token signs at most ${ed25519BytesMax} bytes with Ed25519`)
      // Some tokens hash for ECDSA by themselves, all of them sign a hash. EdDSA has no such step.
      const input = algorithm === 'p256' ? createHash('sha256').update(bytes).digest() : Buffer.from(bytes)
      const { ok, output, end } = await run(args, input)
      const isSignature = algorithm === 'p256' ? output[0] === 0x30 : output.length === 64
      if (!ok || !isSignature) throw failed(`the token did not sign with ${label}`, end)
      return output
    },
  }
}

function pinOf({ pinFile }: TokenPlace, setting: TokenSetting): string {
  try {
    return readFileSync(pinFile, 'utf8').split('\n', 1)[0]!.trim()
  } catch (error) {
    throw new Fault(codes[setting], {
      detail: 'the file of the PIN cannot be read',
      where: pinFile,
      cause: error,
    })
  }
}

async function runTool(
  place: TokenPlace,
  setting: TokenSetting,
  args: readonly string[],
  input?: Buffer,
): Promise<Ran> {
  const { module, token, environment } = place
  const login = args.includes('--login') ? ['--pin', `env:${pinVariable}`] : []
  const env = { ...environment, ...(login.length === 0 ? {} : { [pinVariable]: pinOf(place, setting) }) }
  return await new Promise((resolve) => {
    const child = spawn(program, ['--module', module, '--token-label', token, ...login, ...args], {
      env,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      shell: false,
    })
    const [output, said] = [gather(child.stdout), gather(child.stderr)]
    const end = (ok: boolean, text: string) => {
      const words = said().toString('latin1')
      const error = /\bCKR_[A-Z0-9_]{1,60}\b/.exec(words)?.[0]
      resolve({
        ok,
        output: output(),
        absent: !ok && /^error: (object|Private key) not found$/m.test(words),
        end: error === undefined ? text : `${text} (${error})`,
      })
    }
    child.on('error', (error) => end(false, 'code' in error ? String(error.code) : 'an error'))
    child.on('close', (code, signal) => end(code === 0, signal ?? `exit code ${code}`))
    // A program that does not read ends by itself and is told of above.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

/** What a program writes, up to a limit. */
function gather(stream: Readable): () => Buffer {
  const pieces: Buffer[] = []
  let bytes = 0
  stream.on('data', (piece: Buffer) => {
    bytes += piece.length
    if (bytes <= outputBytesMax) pieces.push(piece)
  })
  return () => Buffer.concat(pieces)
}
