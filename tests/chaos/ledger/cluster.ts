import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A PostgreSQL server of the test's own, that may be killed. */
export interface Cluster {
  readonly url: string
  /** Stops it as a loss of power would: no checkpoint, nothing flushed; then starts it again. */
  crash(): void
  remove(): void
}

const programs = '/usr/lib/postgresql'
const startSeconds = 20

/** Undefined where there are no programs of PostgreSQL, or no user it may run as. */
export async function makeCluster(): Promise<Cluster | undefined> {
  const bin = newestPrograms()
  const user = runAs()
  if (bin === undefined || user === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'ambit-chaos-pg-'))
  chmodSync(folder, 0o755)
  const data = join(folder, 'data')
  if (user.uid !== process.getuid?.()) chownSync(folder, user.uid, user.gid)
  const run = (program: string, args: readonly string[]): void => {
    execFileSync(join(bin, program), args, {
      uid: user.uid,
      gid: user.gid,
      cwd: folder,
      stdio: 'ignore',
      env: { PATH: process.env['PATH'] },
    })
  }
  run('initdb', ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-instructions'])
  const port = await freePort()
  const settings = `-c port=${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c max_connections=50`
  const start = (): void =>
    run('pg_ctl', [
      '-D',
      data,
      '-w',
      '-t',
      String(startSeconds),
      '-l',
      join(folder, 'server.out'),
      '-o',
      settings,
      'start',
    ])
  const stop = (): void => run('pg_ctl', ['-D', data, '-m', 'immediate', '-w', 'stop'])
  start()
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    crash() {
      stop()
      start()
    },
    remove() {
      stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function newestPrograms(): string | undefined {
  if (!existsSync(programs)) return undefined
  const version = readdirSync(programs).toSorted((left, right) => Number(right) - Number(left))[0]
  const bin = version === undefined ? undefined : join(programs, version, 'bin')
  return bin !== undefined && existsSync(join(bin, 'initdb')) ? bin : undefined
}

/** The server refuses to run as root. */
function runAs(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return { uid: process.getuid!(), gid: process.getgid!() }
  const id = (flag: string): number => Number(spawnSync('id', [flag, 'postgres']).stdout.toString())
  const [uid, gid] = [id('-u'), id('-g')]
  return uid > 0 && gid > 0 ? { uid, gid } : undefined
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
