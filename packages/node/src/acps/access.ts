import type { IncomingHttpHeaders } from 'node:http'
import { Fault } from '@ambit/core/fault'
import type { Identity } from '../identity/identity.ts'
import { timeText } from '../kernel/clock.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Keyring } from '../kernel/keyring.ts'
import type { Caller, RoleName } from '../kernel/route.ts'

/** A client logs in again after this long; its API token may be revoked at any time before, and then counts no more. */
const accessMs = 60 * 60_000
const purpose = 'acps.access'
const prefix = 'acps_'
const apiToken = /^amba_[A-Za-z0-9_-]{43}$/
/** A sealed API token with its time, base64url. */
const sealedForm = /^acps_[A-Za-z0-9_-]{80,300}$/
const bearerForm = /^bearer +(\S{1,400})$/i

const operators: readonly RoleName[] = ['owner', 'operator']

export interface LoggedIn {
  readonly access_token: string
  readonly token_type: 'bearer'
  /** RFC 3339. */
  readonly expires_at: string
}

/** How clients that know a user name and a password reach the people of this node, who have no passwords. */
export interface Access {
  /** The password is an API token of the person of that id or name. Throws `acps.credentials`. */
  logIn(username: string, password: string): Promise<LoggedIn>
  /** By the token of a log-in, or an API token itself. Throws `auth.missing`, `auth.unknown-token`, `auth.expired`. */
  callerOf(headers: IncomingHttpHeaders): Promise<Caller>
}

export interface AccessParts {
  readonly identity: Pick<Identity, 'callerOf' | 'person'>
  readonly keyring: Keyring
  readonly clock: Clock
}

export function createAccess({ identity, keyring, clock }: AccessParts): Access {
  return {
    async logIn(username, password) {
      const caller = apiToken.test(password) ? await identity.callerOf(password) : undefined
      const person = caller === undefined ? undefined : await identity.person(caller.person)
      // One answer for all: nobody learns here which names there are.
      if (person === undefined || (person.id !== username && person.name !== username))
        throw new Fault('acps.credentials', { detail: 'nobody here logs in with these', where: 'password' })
      const expiresAt = clock.now() + accessMs
      const sealed = keyring.seal(purpose, '', JSON.stringify([password, expiresAt]))
      return {
        access_token: prefix + sealed.toString('base64url'),
        token_type: 'bearer',
        expires_at: timeText(expiresAt),
      }
    },
    async callerOf({ authorization = '' }) {
      const bearer = bearerForm.exec(authorization)?.[1]
      if (bearer === undefined)
        throw new Fault('auth.missing', {
          detail: 'the request carries no `Authorization: Bearer …` header',
          remedy: 'Log in at /api/v1/auth/login and send its access token.',
        })
      const token = apiToken.test(bearer) ? bearer : opened(bearer)
      const caller = token === undefined ? undefined : await identity.callerOf(token)
      if (caller !== undefined) return caller
      throw new Fault('auth.unknown-token', {
        detail: 'the token is none of this interface, or the API token behind it was revoked or has ended',
        where: 'authorization',
        remedy: 'Log in at /api/v1/auth/login again.',
      })
    },
  }

  /** The API token inside. */
  function opened(bearer: string): string | undefined {
    if (!sealedForm.test(bearer)) return undefined
    let content: readonly [string, number]
    try {
      const sealed = Buffer.from(bearer.slice(prefix.length), 'base64url')
      content = JSON.parse(keyring.open(purpose, '', sealed).toString()) as [string, number]
    } catch {
      // Not sealed by this node: unknown, like any other token.
      return undefined
    }
    const [token, expiresAt] = content
    if (clock.now() >= expiresAt)
      throw new Fault('auth.expired', {
        detail: 'the log-in ended after an hour',
        where: 'authorization',
        remedy: 'Log in at /api/v1/auth/login again.',
      })
    return token
  }
}

/** Throws `auth.role`: who may do this on this node does it in an ACPs client too, and nobody else. */
export function requireOperator({ roles }: Caller): void {
  if (isOperator(roles)) return
  throw new Fault('auth.role', { detail: 'this takes the role owner or operator', where: 'roles' })
}

export function isOperator(roles: readonly RoleName[]): boolean {
  return roles.some((role) => operators.includes(role))
}
