import { connect } from 'node:net'
import { X509Certificate } from 'node:crypto'
import { faultRows } from '@ambit/core/faults/table'
import { account, csrFor, nonceOf, post, readyOrder } from '@ambit/testkit/acme-hand'
import { acmeShot } from './acme-drafts.ts'
import { AnswerReader } from './answer-reader.ts'
import type { RawAnswer } from './answer-reader.ts'
import type { CampaignOptions, CampaignReport } from './campaign.ts'
import type { HolderName } from './canary.ts'
import { Memory } from './draft.ts'
import type { Shot } from './draft.ts'
import { Failures } from './failures.ts'
import { rssMbOf } from './health.ts'
import { startIdentityBed } from './identity-bed.ts'
import type { IdentityBed } from './identity-bed.ts'
import { randomAt } from './random.ts'
import type { Random } from './random.ts'
import { signatureShot } from './signature-drafts.ts'
import type { SignatureShot } from './signature-drafts.ts'

export type IdentityProtocol = 'acme' | 'signature'

const laneCount = 16
const answerTimeoutMs = 20_000
const rssMbMax = 800
const lookEvery = 1000
const takenMax = 50
const failuresMax = 500

interface Run {
  readonly options: Omit<CampaignOptions, 'protocol'> & { readonly protocol: IdentityProtocol }
  readonly bed: IdentityBed
  readonly failures: Failures
  readonly memory: Readonly<Record<HolderName, Memory>>
  readonly taken: Buffer[]
  next: number
  rssMb: number
  slowestMs: number
  over: boolean
}

/** Hostile messages about who somebody is: to the certificate authority, and signed requests. */
export async function runIdentityCampaign(options: Run['options']): Promise<CampaignReport> {
  const failures = new Failures(options.protocol, options.seed)
  await using bed = await startIdentityBed()
  const memory = { ann: new Memory(), bob: new Memory() }
  const run: Run = { options, bed, failures, memory, taken: [], next: 0, rssMb: 0, slowestMs: 0, over: false }
  const begun = performance.now()
  await Promise.all(Array.from({ length: laneCount }, async () => await runLane(run)))
  const perS = Math.round(run.next / ((performance.now() - begun) / 1000))
  await look(run)
  for (const secret of bed.loggedSecrets) failures.add('leak', `a log line held ${secret}`, undefined)
  const reproducers = failures.write(bed.lastLog)
  return {
    messages: run.next,
    crashes: failures.count('crash'),
    leaks: failures.count('leak'),
    undefinedErrors: failures.count('undefined'),
    seed: options.seed,
    perS,
    rssMb: Math.round(run.rssMb),
    slowestCheckMs: Math.round(run.slowestMs),
    upstreamAnswers: 0,
    ...(reproducers === undefined ? {} : { failures: failures.kinds(), reproducers }),
  }
}

async function runLane(run: Run): Promise<void> {
  const { options, bed, failures } = run
  const { port, url: origin } = bed.node
  let nonce: string | undefined
  while (run.next < options.messages && !run.over) {
    const at = run.next++
    const random = randomAt(options.seed, at)
    const [own, other] = random.onceIn(2)
      ? [bed.agents.ann, bed.agents.bob]
      : [bed.agents.bob, bed.agents.ann]
    const scene = { random, at, port, own, other }
    const shot: Shot | SignatureShot =
      options.protocol === 'acme'
        ? await acmeShot({ ...scene, origin, memory: run.memory, nonce })
        : signatureShot({ ...scene, taken: run.taken })
    const answer = await send(random, port, shot.bytes).catch((error: unknown) => String(error))
    if (bed.exit !== undefined) {
      if (!run.over) failures.add('crash', bed.exit, [shot])
      run.over = true
    } else if (typeof answer === 'string') failures.add('undefined', `${shot.what}: ${answer}`, [shot])
    else {
      nonce = answer.headers.get('replay-nonce')?.[0] ?? nonce
      judge(run, shot, answer)
    }
    if (at % lookEvery === lookEvery - 1) await look(run)
    if (failures.total > failuresMax) run.over = true
  }
}

/** On a connection of its own, from one of many addresses of this machine: what one sender may ask is limited. */
async function send(random: Random, port: number, bytes: Buffer): Promise<RawAnswer> {
  const localAddress = `127.${1 + random.below(250)}.${random.below(250)}.${1 + random.below(250)}`
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress })
    const reader = new AnswerReader()
    reader.expect('POST')
    socket.setTimeout(answerTimeoutMs, () =>
      socket.destroy(new Error(`no answer within ${answerTimeoutMs} ms`)),
    )
    socket.on('data', (piece: Buffer) => {
      try {
        reader.read(piece)
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    // Of a body that nobody wants the rest may meet a closed connection: the answer counts, where one came.
    let broken: Error | undefined
    socket.on('error', (error) => void (broken = error))
    socket.on('close', () => {
      reader.end()
      const [answer] = reader.answers
      if (answer?.whole === true || (answer !== undefined && broken !== undefined)) resolve(answer)
      else if (bytes.length > 60_000) resolve(nobodyRead)
      else reject(broken ?? new Error('the connection was closed without an answer'))
    })
    socket.write(bytes)
  })
}

const nobodyRead: RawAnswer = { status: 413, headers: new Map(), body: Buffer.alloc(0), whole: false }

function judge(run: Run, shot: Shot | SignatureShot, answer: RawAnswer): void {
  const { bed, failures } = run
  const text = answer.body.toString('utf8')
  const other = shot.holder === 'ann' ? bed.agents.bob : bed.agents.ann
  if (answer.status < 300 && text.includes(other.aic))
    failures.add('leak', `${shot.what}: ${shot.holder} got something of ${other.name}`, [shot])
  const why = answer.whole ? formObjection(shot, answer, text) : undefined
  if (why !== undefined) failures.add('undefined', `${shot.what}: ${why}`, [shot])
  if ('admits' in shot) judgeAdmission(run, shot, answer, text)
  else learn(run.memory[shot.holder], shot, answer, text)
}

function formObjection({ path }: Shot, { status, headers }: RawAnswer, text: string): string | undefined {
  if (headers.has('x-injected')) return 'a header came through'
  const type = headers.get('content-type')?.[0] ?? ''
  if (status >= 500) return `the status ${status}: ${text.slice(0, 300)}`
  if (!type.startsWith('application/problem+json')) return undefined
  const problem = parsed(text) as { code?: unknown; type?: unknown; status?: unknown } | undefined
  if (typeof problem?.code !== 'string' || !Object.hasOwn(faultRows, problem.code))
    return `a problem without a known code: ${text.slice(0, 200)}`
  if (problem.status !== status) return 'a problem of another status'
  const isAcme = path.startsWith('/acps-atr-v2/acme/')
  if (isAcme && !String(problem.type).startsWith('urn:acps:error:acme:'))
    return `the type ${String(problem.type)}`
  return isAcme && !headers.has('replay-nonce') ? 'an error of ACME without a nonce' : undefined
}

/** Whoever was let in without being who it says is the worst that can be found. */
function judgeAdmission(
  { failures, taken }: Run,
  shot: SignatureShot,
  { status }: RawAnswer,
  text: string,
): void {
  const isIn = status === 200
  if (shot.admits === 'must-not' && isIn) failures.add('leak', `${shot.what}: it was let in`, [shot])
  if (shot.admits === 'must' && !isIn)
    failures.add('undefined', `${shot.what}: ${status} ${text.slice(0, 200)}`, [shot])
  if (!isIn) return
  taken.push(shot.bytes)
  if (taken.length > takenMax) taken.shift()
}

/** Takes from an answer what later messages can name. */
function learn(memory: Memory, { what }: Shot, { status }: RawAnswer, text: string): void {
  if (status >= 300 || text.length > 20_000) return
  for (const match of text.matchAll(/\/acme(\/order\/[0-9a-f]+)(?!\/f)/g)) memory.keep('order', match[1]!)
  for (const match of text.matchAll(/\/acme(\/cert\/([0-9A-F]+))/g)) {
    memory.keep('cert', match[1]!)
    memory.keep('serial', match[2]!)
  }
  if (what === 'cert' && text.startsWith('-----BEGIN'))
    memory.keep('der', Buffer.from(new X509Certificate(text).raw).toString('base64url'))
}

/** Whether an honest agent still gets its certificate, and how much the node uses. */
async function look(run: Run): Promise<void> {
  const { bed, failures, options } = run
  if (bed.exit !== undefined) return
  run.rssMb = Math.max(run.rssMb, rssMbOf(bed.node.child.pid!))
  if (run.rssMb > rssMbMax) failures.add('crash', `the node uses ${Math.round(run.rssMb)} MB`, undefined)
  const begun = performance.now()
  const why = await honest(bed).catch((error: unknown) => String(error))
  run.slowestMs = Math.max(run.slowestMs, performance.now() - begun)
  if (why !== undefined) failures.add('crash', why, undefined)
  options.progress?.(`${run.next} messages, ${failures.total} failures, ${Math.round(run.rssMb)} MB`)
}

async function honest({ node, agents }: IdentityBed): Promise<string | undefined> {
  const place = { origin: node.url, server: { port: node.port } }
  if ((await nonceOf(place)) === undefined) return 'the node gives no nonce'
  for (const { name, aic } of Object.values(agents)) {
    const { certificates } = await node.ambit.certificates.list(name)
    const foreign = certificates.find(({ record }) => record !== aic)
    if (foreign !== undefined) return `${name} has a certificate of another agent`
    // Room for the next ones, as their owner makes it.
    await node.ambit.certificates.revoke(name)
  }
  const { name, aic } = agents.ann
  const ca = { credential: async () => await node.ambit.certificates.credential(name) }
  const own = await account({ ...place, ca }, aic)
  if (own.answer.status !== 201) return `an honest agent gets no account: ${own.answer.text.slice(0, 200)}`
  const finalize = await readyOrder(place, own, aic)
  const done = await post(place, finalize, { ...own, payload: { csr: await csrFor(aic) } })
  return done.status === 200 ? undefined : `an honest agent gets no certificate: ${done.text.slice(0, 200)}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // That it is none is what the caller asks.
    return undefined
  }
}
