import { mkdir, readFile, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { writePrivate } from './private-file.ts'
import { Refusal } from './refusal.ts'
import type { Terminal } from './terminal.ts'

const urlDefault = 'http://localhost:7100'

/** Where the node is and who speaks to it. */
export interface Session {
  readonly url: string
  readonly token: string | undefined
}

/** AMBIT_URL and AMBIT_TOKEN, else what `ambit login` kept, else the node of this machine and nobody. */
export async function currentSession({ environment }: Pick<Terminal, 'environment'>): Promise<Session> {
  const kept = await readSession(sessionPath(environment))
  const url = (environment['AMBIT_URL'] ?? kept?.url ?? urlDefault).replace(/\/+$/, '')
  const own = environment['AMBIT_TOKEN'] ?? ''
  if (own.startsWith('ambm_')) {
    // An agent's environment: falling back to the person's own session would lend it to the agent.
    throw new Refusal(
      'AMBIT_TOKEN holds the token of a mandate, which is for acts only',
      'Unset it and sign in with `ambit login`, or set it to an API token (`amba_…`).',
    )
  }
  if (own !== '') return { url, token: own }
  // A kept session belongs to its node: it is not sent to another one.
  return { url, token: kept?.url === url ? kept.token : undefined }
}

/** Throws where nobody is signed in with a session: what an API token may not do, said before anything is asked. */
export async function needSession(terminal: Pick<Terminal, 'environment'>, what: string): Promise<void> {
  const { token } = await currentSession(terminal)
  if (token?.startsWith('ambs_') === true) return
  throw new Refusal(
    `${what} needs the session of a signed-in person; an API token may not`,
    'Sign in with `ambit login <link>` (and unset AMBIT_TOKEN), or do it in the console.',
  )
}

/** Keeps the session where only this user can read it. */
export async function keepSession(
  { environment }: Pick<Terminal, 'environment'>,
  session: { readonly url: string; readonly token: string },
): Promise<string> {
  const path = sessionPath(environment)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writePrivate(path, `${JSON.stringify(session, null, 2)}\n`)
  return path
}

export async function forgetSession({ environment }: Pick<Terminal, 'environment'>): Promise<void> {
  await rm(sessionPath(environment), { force: true })
}

function sessionPath(environment: Terminal['environment']): string {
  const folder = environment['XDG_CONFIG_HOME'] ?? join(environment['HOME'] ?? homedir(), '.config')
  return join(folder, 'ambit', 'session.json')
}

async function readSession(path: string): Promise<{ url: string; token: string } | undefined> {
  let text
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Refusal(
      `${path} could not be read`,
      'Make it yours again, or sign in anew with `ambit login`.',
      error,
    )
  }
  const kept = parseJson(text)
  if (typeof kept === 'object' && kept !== null && 'url' in kept && 'token' in kept) {
    if (typeof kept.url === 'string' && typeof kept.token === 'string')
      return { url: kept.url, token: kept.token }
  }
  throw new Refusal(`${path} holds no session`, 'Delete it and sign in anew with `ambit login <link>`.')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A file cut short: the caller says what to do about it.
    return undefined
  }
}
