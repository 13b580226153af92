import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A PKCS #11 token of software (SoftHSM), in a folder of its own. */
export interface SoftToken extends Disposable {
  readonly folder: string
  /** What its module and the programs that use it need. */
  readonly environment: Readonly<Record<string, string>>
  /** The URI that a setting takes; `more` are further members of its path (`;object=…`), `pin` a file in the folder. */
  uri(more?: string, pin?: 'pin' | 'wrong-pin'): string
  /** Sends the token away, and brings it back. */
  away(): void
  back(): void
  /** The labels of its private keys. */
  labels(): string[]
}

const module = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/local/lib/softhsm/libsofthsm2.so'].find(existsSync)
const pin = '271828'

/** Whether this machine has SoftHSM and `pkcs11-tool`. */
export const softTokenPresent =
  module !== undefined &&
  ['pkcs11-tool', 'softhsm2-util'].every((program) => {
    try {
      execFileSync('which', [program])
      return true
    } catch {
      return false
    }
  })

/** Makes a token; throws where `softTokenPresent` is false. */
export function makeSoftToken(): SoftToken {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-token-'))
  const tokens = join(folder, 'tokens')
  mkdirSync(tokens)
  writeFileSync(join(folder, 'softhsm.conf'), `directories.tokendir = ${tokens}\n`)
  writeFileSync(join(folder, 'pin'), `${pin}\n`, { mode: 0o600 })
  writeFileSync(join(folder, 'wrong-pin'), '314159\n', { mode: 0o600 })
  const environment = { PATH: process.env['PATH'] ?? '', SOFTHSM2_CONF: join(folder, 'softhsm.conf') }
  const init = ['--init-token', '--free', '--label', 'ambit test', '--pin', pin, '--so-pin', '3333']
  execFileSync('softhsm2-util', init, { env: environment, stdio: 'ignore' })
  return {
    folder,
    environment,
    uri: (more = '', which = 'pin') =>
      `pkcs11:token=ambit%20test${more}?module-path=${module}&pin-source=file:${join(folder, which)}`,
    away: () => renameSync(tokens, `${tokens}-away`),
    back: () => renameSync(`${tokens}-away`, tokens),
    labels() {
      const args = ['--module', module!, '--token-label', 'ambit test', '--login', '--pin', pin]
      const listed = execFileSync('pkcs11-tool', [...args, '--list-objects', '--type', 'privkey'], {
        env: environment,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      return [...listed.toString().matchAll(/^ {2}label: +(\S+)$/gm)].map(([, label]) => label!).toSorted()
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
