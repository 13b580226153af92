import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@ambit/core/fault'
import { objectOf } from '@ambit/core/wire/a2a/json'
import type { Json } from '@ambit/core/wire/a2a/json'
import { a2aVersion, a2aVersion03, cardPath, formerCardPath, readVersion } from '@ambit/core/wire/a2a/version'
import type { A2aVersion } from '@ambit/core/wire/a2a/version'
import type { Clock } from '../../../kernel/clock.ts'
import { digestBytes } from '../../../kernel/digest.ts'
import type { Target } from '../../../registry/target.ts'
import { messageCapability } from '../capability.ts'
import { answerProblem } from '../problem.ts'
import { sendDocument } from './card-answer.ts'
import type { Document } from './card-answer.ts'
import type { CardSigner } from './card-signer.ts'
import { cardText } from './card-text.ts'
import type { ServedAt } from './card-text.ts'

export interface CardDeskOptions {
  readonly signer: CardSigner
  /** Public address of the node, without a slash at the end. */
  readonly origin: () => string
  readonly grpcAddress: () => string | undefined
  readonly pushes: boolean
  /** The card as the agent served it, text for text, by the id of its record. */
  readonly original: (record: string) => Promise<string | undefined>
  readonly clock: Clock
}

/** Gives out the cards of this node's agents: rewritten and signed again, and beside them the agents' own. */
export interface CardDesk {
  /** Answers a request that asks for a card. */
  serve(request: IncomingMessage, response: ServerResponse, asked: AskedCard): void
  /** What an agent showed an authenticated caller, rewritten and signed like its public card. */
  extended(target: Target, own: unknown, version: A2aVersion): Promise<Json>
}

export interface AskedCard {
  readonly slug: string
  /** What stands below `/a2a/<slug>`. */
  readonly rest: string
  readonly target: Target | undefined
  /** Where it was asked for, where that is the agent's own address and not one below the node's. */
  readonly own?: string
}

/** Where the keys are that cards are signed with. */
export const keySetPath = '/.well-known/jwks.json'
/** The agent's card as the agent itself serves it, below its address. */
const originalPath = '/original-agent-card.json'

/** 0.3 clients also look below the address that its operations begin with. */
const servedPaths: ReadonlySet<string> = new Set(
  [cardPath, formerCardPath].flatMap((path) => [path, `/v1${path}`]).concat('/agent-card.json'),
)

const presentPaths: ReadonlySet<string> = new Set([cardPath, '/agent-card.json'])

/** Whether a request is for a card: `rest` is what stands below an agent's address. */
export function asksForCard({ method }: IncomingMessage, rest: string): boolean {
  return (method === 'GET' || method === 'HEAD') && (rest === originalPath || servedPaths.has(rest))
}

/** Keyed weakly: a changed record is another object and lets the old cards go. */
type Kept = { readonly at: ServedAt; readonly cards: Partial<Record<A2aVersion, Promise<Document>>> }
/** Places of one agent: below the node's address, and its own on two ports. One more begins anew. */
const placesMax = 3

export function createCardDesk(options: CardDeskOptions): CardDesk {
  const kept = new WeakMap<Target, Map<string, Kept>>()
  const { signer, clock } = options
  const keySet = (): string => `${options.origin()}${keySetPath}`
  const at = (slug: string, own?: string): ServedAt => ({
    http: own === undefined ? `${options.origin()}/a2a/${slug}` : `${own}/a2a`,
    // That is reached at the node's own addresses alone.
    grpc: own === undefined ? options.grpcAddress() : undefined,
    pushes: options.pushes,
  })

  async function build(target: Target, own: Json, place: ServedAt, version: A2aVersion): Promise<Document> {
    const signed = await signer.sign(cardText(own, target, place, version), keySet())
    const hasOriginal = (await options.original(target.id)) !== undefined
    const links = hasOriginal
      ? { link: `<${place.http}${originalPath}>; rel="via"; type="application/json"` }
      : {}
    return documentOf(JSON.stringify(signed), clock, { vary: 'A2A-Version', ...links })
  }
  function keptAt(target: Target, place: ServedAt): Kept {
    let places = kept.get(target)
    if (places === undefined || places.size >= placesMax) kept.set(target, (places = new Map()))
    const known = places.get(place.http)
    if (known !== undefined && known.at.grpc === place.grpc) return known
    const fresh = { at: place, cards: {} }
    places.set(place.http, fresh)
    return fresh
  }
  function cardOf(target: Target, place: ServedAt, version: A2aVersion): Promise<Document> | undefined {
    const own = shownOf(target)
    if (own === undefined) return undefined
    const { cards } = keptAt(target, place)
    return (cards[version] ??= build(target, own, place, version).catch((error: unknown) => {
      // What failed once (the store was away) is tried again by the next who asks.
      delete cards[version]
      throw error
    }))
  }
  async function originalOf(target: Target): Promise<Document | undefined> {
    if (shownOf(target) === undefined) return undefined
    const text = await options.original(target.id)
    return text === undefined ? undefined : documentOf(text, clock, {})
  }
  function documentFor(
    { rest, target, own }: AskedCard,
    version: A2aVersion,
  ): Promise<Document | undefined> | undefined {
    if (target === undefined) return undefined
    return rest === originalPath ? originalOf(target) : cardOf(target, at(target.slug, own), version)
  }
  return {
    serve(request, response, asked) {
      const found = documentFor(asked, versionOf(request, asked))
      if (found === undefined) answerProblem(response, notFound)
      else {
        found.then(
          (document) =>
            document === undefined
              ? answerProblem(response, notFound)
              : sendDocument(request, response, document),
          (error: unknown) => answerProblem(response, Fault.from(error)),
        )
      }
    },
    async extended(target, own, version) {
      return await signer.sign(cardText(objectOf(own) ?? {}, target, at(target.slug), version), keySet())
    },
  }
}

/** The keys as a document of their own. */
export function keyDocument(signer: CardSigner, clock: Clock): Document {
  return documentOf(JSON.stringify(signer.keySet), clock, {})
}

const notFound = new Fault('input.not-found', { detail: 'no active agent of this node has that name' })

/** A definition that no operator accepted is not shown either: its text may be aimed at whoever reads it. */
function shownOf(target: Target): Json | undefined {
  if (target.state !== 'active') return undefined
  const capability = target.capabilities.get(messageCapability)
  return capability === undefined || capability.held ? undefined : capability.served
}

/**
 * Who names no version is given what the agent itself would give: the card of both versions where it speaks 0.3, and
 * else the pure one, which readers of 1.0 that know no other member take. The former places are those of 0.3.
 */
function versionOf(request: IncomingMessage, { rest, target }: AskedCard): A2aVersion {
  const asked = request.headers['a2a-version']
  if (typeof asked === 'string' && asked.trim() !== '')
    return readVersion(asked) === a2aVersion ? a2aVersion : a2aVersion03
  const speaks03 = target?.interfaces.some((offered) => offered.version === a2aVersion03) === true
  return speaks03 || !presentPaths.has(rest) ? a2aVersion03 : a2aVersion
}

function documentOf(text: string, clock: Clock, headers: Readonly<Record<string, string>>): Document {
  const body = Buffer.from(text)
  const etag = `"${digestBytes(body).slice('sha256:'.length, 'sha256:'.length + 32)}"`
  return { body, etag, modifiedMs: clock.now(), headers }
}
