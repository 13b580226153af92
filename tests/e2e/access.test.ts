import { connectAmbit } from '@ambit/sdk/client'
import type { RoleName } from '@ambit/sdk/people'
import { send } from '@ambit/testkit/raw-http'
import { signInOwner, startTestNode } from '@ambit/testkit/start-node'
import type { TestNode } from '@ambit/testkit/start-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contracts } from '../../scripts/contracts.ts'

/*
 * Who may call what. A route that does not stand here, or stands here otherwise than it is declared, fails the test:
 * whoever adds one decides here too. `session`: only a person who is signed in, never a token. `node`: only the
 * organisation that runs the node.
 */
const decided = `
GET /api/acts person
GET /api/acts/{id}/contents person
GET /api/acts/{id}/receipt person
POST /api/acts/{id}/undo person
GET /.well-known/did.json public
GET /agents/{slug}/did.json public
GET /agents/{slug}/{binding}/did.json public
GET /organizations/{organization}/agents/{slug}/did.json public
GET /organizations/{organization}/agents/{slug}/{binding}/did.json public
GET /api/addresses person
GET /api/addresses/zone person
GET /api/agent-keys/challenge owner,operator
GET /api/agent-keys/recoveries person
POST /api/agent-keys/recoveries/{id}/confirm owner,operator session
PUT /api/agent-keys/recovery-rule owner session
POST /api/agent-keys/report public
POST /api/agent-keys/rotate public
GET /api/records/{slug}/keys person
POST /api/records/{slug}/keys/recover owner,operator session
POST /api/records/{slug}/keys/report owner,operator
POST /api/records/{slug}/keys/rotate owner,operator
GET /api/approvals person
GET /api/approvals/{id} person
GET /api/approvals/{id}/form person session
POST /api/approvals/{id}/approve person session
POST /api/approvals/{id}/challenge person session
POST /api/approvals/{id}/deny person session
POST /api/approvals/{id}/edit person session
GET /api/approvals/together person
POST /api/approvals/together person session
POST /api/approvals/together/challenge person session
GET /agents/{slug}/.well-known/acs.json public
GET /agents/{slug}/ad.json public
GET /agents/{slug}/server.json public
GET /.well-known/ai-catalog.json public
GET /.well-known/ard.json public
GET /api/asset-register person
GET /api/backups owner,operator node
POST /api/backups owner node
GET /api/certificates person
GET /api/certificates/{serial} person
GET /api/channels person
DELETE /api/channels/{id} person session
POST /api/channels/{id}/test person session
GET /api/channels/key person
POST /api/channels/push person session
POST /api/channels/webhooks person session
PUT /api/channels/wishes person session
GET /api/domains person
POST /api/domains owner,operator
DELETE /api/domains/{domain} owner,operator
POST /api/domains/{domain}/check owner,operator
GET /api/endpoints person
GET /api/events person
GET /api/feed person
GET /api/feed/digest person
POST /api/feed/seen person
GET /api/liveness person
PUT /api/liveness owner
GET /api/logs person
GET /api/logs/cose person
POST /api/logs/{series}/rotate owner node
DELETE /api/mandate-tokens/{id} person
GET /api/mandates person
POST /api/mandates person
GET /api/mandates/{id} person
POST /api/mandates/{id}/narrow person
POST /api/mandates/{id}/revoke person
POST /api/mandates/{id}/tokens person
GET /api/me person
GET /api/oauth/connections person
DELETE /api/oauth/connections/{id} person
GET /api/oauth/consents/{uid} person session
POST /api/oauth/consents/{uid} person session
POST /api/oauth/consents/{uid}/deny person session
GET /api/organizations owner node
POST /api/organizations owner session node
PATCH /api/organizations/{id} owner session node
POST /api/organizations/{id}/close owner session node
POST /api/organizations/{id}/reopen owner session node
GET /api/passkeys person
POST /api/passkeys person session
DELETE /api/passkeys/{id} person session
PATCH /api/passkeys/{id} person session
POST /api/passkeys/options person session
GET /api/people person
POST /api/people owner session
PATCH /api/people/{id} owner session
POST /api/people/{id}/erase person session
POST /api/people/{id}/freeze owner session
POST /api/people/{id}/release owner session
GET /api/people/{id}/sessions owner
DELETE /api/people/{id}/sessions/{session} owner session
POST /api/people/{id}/sign-in-link owner session
GET /api/people/{id}/tokens owner
DELETE /api/people/{id}/tokens/{token} owner session
GET /api/plans person
GET /api/plans/{id} person
POST /api/plans/{id}/approve person session
POST /api/plans/{id}/challenge person session
POST /api/plans/{id}/deny person session
GET /api/records person
PUT /api/records owner,operator
GET /api/records/{slug} person
PATCH /api/records/{slug} owner,operator
POST /api/records/{slug}/accept owner,operator
POST /api/records/{slug}/acme-credential owner,operator
POST /api/records/{slug}/activate owner,operator
POST /api/records/{slug}/certificates owner,operator
POST /api/records/{slug}/certificates/revoke owner,operator
GET /api/records/{slug}/comments person
POST /api/records/{slug}/comments person
GET /api/records/{slug}/decommission person
POST /api/records/{slug}/decommission owner,operator
POST /api/records/{slug}/rename owner,operator
POST /api/records/{slug}/transfer owner session
POST /api/records/{slug}/certify owner,operator
GET /api/records/{slug}/error-output owner,operator
GET /api/records/{slug}/liveness person
GET /api/records/{slug}/export person
POST /api/records/{slug}/probe owner,operator
POST /api/records/{slug}/recall owner,operator
POST /api/records/{slug}/reinstate owner,operator
POST /api/records/{slug}/retire owner,operator
PUT /api/records/{slug}/secrets person
DELETE /api/records/{slug}/sign-in person
GET /api/records/{slug}/sign-in person
POST /api/records/{slug}/sign-in person session
PUT /api/records/{slug}/sign-in/client owner,operator
PUT /api/records/{slug}/sign-in/identity person
POST /api/records/{slug}/submit owner,operator
POST /api/records/{slug}/suspend owner,operator
POST /api/records/batch owner,operator
POST /api/records/import owner,operator
POST /api/records/register owner,operator
GET /api/review person
PUT /api/review owner session
GET /api/rules person
POST /api/rules person
DELETE /api/rules/{id} person session
GET /api/rulings person
GET /api/scans owner,operator session node
POST /api/scans owner,operator session node
GET /api/scans/{id} owner,operator session node
POST /api/scans/{id}/cancel owner,operator session node
GET /api/sessions person
DELETE /api/sessions/{id} person session
POST /api/sessions/end-others person session
POST /api/sign-in public
POST /api/sign-in/passkey/options public
POST /api/sign-in/passkey/verify public
POST /api/sign-ins person session
POST /api/sign-out person session
GET /api/standing-approvals person
DELETE /api/standing-approvals/{id} person
GET /api/status person
GET /api/stops person
GET /api/stops/{id}/proof person
POST /api/stops person
POST /api/stops/{id}/lift person session
GET /api/takedowns owner,operator node
POST /api/takedowns owner,operator node
POST /api/takedowns/{record}/lift owner,operator node
GET /api/tokens person
POST /api/tokens person session
DELETE /api/tokens/{id} person
GET /api/tombstones/{record} public
POST /api/traces/{trace}/undo person
GET /api/transfers person
POST /api/transfers/{id}/accept owner session
POST /api/transfers/{id}/decline owner session
POST /api/transfers/{id}/withdraw owner session
GET /api/witness operator node
DELETE /api/witness/logs operator node
POST /api/witness/logs operator node
GET /oauth/client.json public
`

interface Decided {
  readonly method: string
  readonly path: string
  /** `public`, `person`, or the roles of which one is needed. */
  readonly access: string
  readonly session: boolean
  readonly node: boolean
}

const routes: readonly Decided[] = decided
  .trim()
  .split('\n')
  .map((line) => {
    const [method = '', path = '', access = '', ...flags] = line.split(' ')
    return { method, path, access, session: flags.includes('session'), node: flags.includes('node') }
  })

interface Operation {
  readonly security: readonly unknown[]
  readonly 'x-ambit-roles'?: readonly string[]
  readonly 'x-ambit-session-only'?: boolean
  readonly 'x-ambit-node-only'?: boolean
}

/** What the code declares, in the form of the table. */
async function declared(): Promise<string[]> {
  const text = (await contracts())['contracts/openapi.json'] ?? ''
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, Operation>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const roles = operation['x-ambit-roles']?.join(',')
      const access = roles ?? (operation.security.length === 0 ? 'public' : 'person')
      const session = operation['x-ambit-session-only'] === true ? ' session' : ''
      const node = operation['x-ambit-node-only'] === true ? ' node' : ''
      return `${method.toUpperCase()} ${path} ${access}${session}${node}`
    }),
  )
}

/** Who calls: a role of the first organisation, its owner by a token, the owner of another organisation, or nobody. */
const callers = ['owner', 'approver', 'operator', 'auditor', 'token', 'foreign', 'nobody'] as const
type CallerName = (typeof callers)[number]

/** What must come back: the code of the refusal; undefined: whoever calls is let through. */
function refusalOf({ access, method, session, node }: Decided, caller: CallerName): string | undefined {
  if (access === 'public') return undefined
  if (caller === 'nobody') return 'auth.missing'
  if (session && caller === 'token') return 'auth.session-only'
  if (node && caller === 'foreign') return 'identity.node-operators'
  if (access === 'person' || ['owner', 'token', 'foreign'].includes(caller)) return undefined
  if (caller === 'auditor' && method === 'GET') return undefined
  return access.split(',').includes(caller) ? undefined : 'auth.role'
}

const refusals = ['auth.missing', 'auth.session-only', 'auth.role', 'identity.node-operators']

describe('who may call what', () => {
  let node: TestNode
  const credentials = new Map<CallerName, string>()

  beforeAll(async () => {
    node = await startTestNode()
    const { ambit, url } = node
    credentials.set('owner', node.session)
    credentials.set('token', (await ambit.people.createToken({ name: 'a program' })).token)
    for (const role of ['approver', 'operator', 'auditor'] satisfies RoleName[]) {
      const { signInLink } = await ambit.people.add({ name: role, roles: [role] })
      credentials.set(role, (await signInOwner(url, signInLink)).session)
    }
    const north = await ambit.organizations.add({ id: 'north', name: 'North', owner: 'Ada' })
    credentials.set('foreign', (await signInOwner(url, north.signInLink)).session)
  })

  afterAll(async () => {
    await node?.[Symbol.asyncDispose]()
  })

  test('every route stands in the table as it is declared', async () => {
    expect((await declared()).toSorted()).toEqual(decided.trim().split('\n').toSorted())
  })

  /** Nothing is done: of a route that changes something the body is cut, and that is seen after who calls. */
  async function refusal({ method, path }: Decided, caller: CallerName): Promise<string | undefined> {
    const credential = credentials.get(caller)
    const reads = method === 'GET'
    const answer = await send(node.port, {
      // Events never end; their headers say enough.
      method: path === '/api/events' ? 'HEAD' : method,
      path: path.replaceAll(/\{\w+\}/g, 'x'),
      headers: credential === undefined ? {} : { authorization: `Bearer ${credential}` },
      ...(reads ? {} : { body: '{' }),
    })
    if (path === '/api/events') return answer.status === 401 ? 'auth.missing' : undefined
    if (answer.status < 400) {
      expect(reads, `${method} ${path} does something before it reads its body`).toBe(true)
      return undefined
    }
    const code = String(answer.json()['code'])
    return refusals.includes(code) ? code : undefined
  }

  test.each(callers)('lets %s do what they may, and nothing else', async (caller) => {
    const found: Record<string, string | undefined> = {}
    const expected: Record<string, string | undefined> = {}
    for (const each of routes) {
      const name = `${each.method} ${each.path}`
      found[name] = await refusal(each, caller)
      expected[name] = refusalOf(each, caller)
    }
    expect(found).toEqual(expected)
  })

  test('a role that was taken away is refused from the next request on', async () => {
    const people = await node.ambit.people.list()
    const operator = people.find(({ name }) => name === 'operator')!
    const ambit = connectAmbit({ url: node.url, token: credentials.get('operator') })
    const import_ = async () => await ambit.records.probe('x')
    await expect(import_()).rejects.toMatchObject({ code: 'input.not-found' })
    await node.ambit.people.change(operator.id, { roles: ['approver'] })
    await expect(import_()).rejects.toMatchObject({ code: 'auth.role' })
  })
})
