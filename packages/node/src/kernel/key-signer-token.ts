import { spawn } from 'node:child_process'
import { createHash, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Fault } from '@ambit/core/fault'
import type { KeySigner, SigningKeys } from './key-signer.ts'
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

/**
 * Keys in a token: made there, marked as never extractable, and used one call after the other. The PIN is read from its
 * file for each call and given in the environment of the program, never on its command line, which others can read.
 */
export function tokenKeys(place: TokenPlace): SigningKeys {
  const turns = createTurns()
  const run = async (args: readonly string[], input?: Buffer) =>
    await turns.take('token', async () => await runTool(place, args, input))
  return {
    async key(name, algorithm = 'p256') {
      if (algorithm !== 'p256')
        throw new Fault('ca.signer', { detail: 'keys in a token are of P-256', where: place.token })
      const label = `${place.object}-${name}`
      const publicKey = (await readKey(run, label)) ?? (await makeKey(run, label))
      return signer(run, label, publicKey)
    },
  }
}

type Run = (args: readonly string[], input?: Buffer) => Promise<Ran>

interface Ran {
  readonly ok: boolean
  readonly output: Buffer
  /** How it ended, without anything that the program wrote. */
  readonly end: string
}

async function readKey(run: Run, label: string): Promise<KeyObject | undefined> {
  const { ok, output } = await run(['--read-object', '--type', 'pubkey', '--id', idOf(label)])
  if (!ok || output.length === 0) return undefined
  return createPublicKey({ key: output, format: 'der', type: 'spki' })
}

async function makeKey(run: Run, label: string): Promise<KeyObject> {
  const made = await run([
    '--login',
    '--keypairgen',
    '--key-type',
    'EC:prime256v1',
    '--usage-sign',
    '--sensitive',
    '--label',
    label,
    '--id',
    idOf(label),
  ])
  const publicKey = made.ok ? await readKey(run, label) : undefined
  if (publicKey === undefined) throw failed(`no key called ${label} could be made in the token`, made.end)
  return publicKey
}

/** By which both halves of a key are found: the program signs with whatever key comes first where only a label is given. */
function idOf(label: string): string {
  return createHash('sha256').update(label).digest('hex').slice(0, 16)
}

function signer(run: Run, label: string, publicKey: KeyObject): KeySigner {
  return {
    algorithm: 'p256',
    publicKey,
    async sign(bytes) {
      // Some tokens hash by themselves, all of them sign a hash.
      const digest = createHash('sha256').update(bytes).digest()
      const { ok, output, end } = await run(
        ['--login', '--sign', '--mechanism', 'ECDSA', '--id', idOf(label), '--signature-format', 'openssl'],
        digest,
      )
      if (!ok || output[0] !== 0x30) throw failed(`the token did not sign with ${label}`, end)
      return output
    },
  }
}

function failed(detail: string, end: string): Fault {
  return new Fault('ca.signer', { detail: `${detail}: ${program} ended with ${end}`, where: 'AMBIT_CA_KEY' })
}

function pinOf({ pinFile }: TokenPlace): string {
  try {
    return readFileSync(pinFile, 'utf8').split('\n', 1)[0]!.trim()
  } catch (error) {
    throw new Fault('ca.signer', {
      detail: 'the file of the PIN cannot be read',
      where: pinFile,
      cause: error,
    })
  }
}

async function runTool(place: TokenPlace, args: readonly string[], input?: Buffer): Promise<Ran> {
  const { module, token, environment } = place
  const login = args.includes('--login') ? ['--pin', `env:${pinVariable}`] : []
  const env = { ...environment, ...(login.length === 0 ? {} : { [pinVariable]: pinOf(place) }) }
  return await new Promise((resolve) => {
    const child = spawn(program, ['--module', module, '--token-label', token, ...login, ...args], {
      env,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      shell: false,
      // What it says on standard error is not read.
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const pieces: Buffer[] = []
    let bytes = 0
    child.stdout.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (bytes <= outputBytesMax) pieces.push(piece)
    })
    const end = (ok: boolean, text: string) => resolve({ ok, output: Buffer.concat(pieces), end: text })
    child.on('error', (error) => end(false, 'code' in error ? String(error.code) : 'an error'))
    child.on('close', (code, signal) => end(code === 0, signal ?? `exit code ${code}`))
    // A program that does not read ends by itself and is told of above.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
