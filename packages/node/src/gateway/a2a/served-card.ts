import type { IncomingMessage, ServerResponse } from 'node:http'
import { a2aVersion, bindings } from '@ambit/core/wire/a2a/version'
import { digestBytes } from '../../kernel/digest.ts'
import type { Target } from '../../registry/target.ts'
import { messageCapability } from './capability.ts'

/** Seconds a card may be kept: a suspended agent is still refused at once, its card only lives on this long. */
const cardMaxAgeS = 60

interface ServedCard {
  readonly address: string
  readonly body: Buffer
  readonly etag: string
}

/** Keyed weakly: a changed record is another object and lets the old card go. */
const cards = new WeakMap<Target, ServedCard>()

/**
 * Answers a request for an agent's card (section 8.2): the agent's own words, this node's addresses and this node's
 * way of signing in. The agent's signatures are left out: they do not hold over a card that says something else.
 */
export function serveCard(
  request: IncomingMessage,
  response: ServerResponse,
  target: Target | undefined,
  address: string,
): void {
  const card = target === undefined ? undefined : cardOf(target, address)
  if (card === undefined) {
    answer(response, 404, notFound, { 'content-type': 'application/problem+json' })
    return
  }
  const headers = {
    'content-type': 'application/json',
    'cache-control': `public, max-age=${cardMaxAgeS}`,
    etag: card.etag,
  }
  if (matches(request.headers['if-none-match'], card.etag)) {
    response.writeHead(304, headers)
    response.end()
    return
  }
  answer(response, 200, card.body, headers)
}

function answer(
  response: ServerResponse,
  status: number,
  body: Buffer | string,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  // For HEAD, node:http leaves the body out by itself.
  response.end(body)
}

const notFound = JSON.stringify({
  type: 'urn:ambit:fault:input.not-found',
  title: 'There is nothing under that name',
  status: 404,
  detail: 'no active agent of this node has that name',
  code: 'input.not-found',
  remedy: 'Check the name; the registry of this node lists its agents.',
})

function matches(header: string | undefined, etag: string): boolean {
  return (
    header !== undefined &&
    header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')
  )
}

function cardOf(target: Target, address: string): ServedCard | undefined {
  if (target.state !== 'active') return undefined
  const known = cards.get(target)
  if (known?.address === address) return known
  const capability = target.capabilities.get(messageCapability)
  // A definition that no operator accepted is not shown either: its text may be aimed at whoever reads it.
  if (capability === undefined || capability.held) return undefined
  const body = Buffer.from(JSON.stringify(rewrite(capability.served, address)))
  const card = {
    address,
    body,
    etag: `"${digestBytes(body).slice('sha256:'.length, 'sha256:'.length + 32)}"`,
  }
  cards.set(target, card)
  return card
}

function rewrite(served: Readonly<Record<string, unknown>>, address: string): Record<string, unknown> {
  const { signatures: _signatures, supportedInterfaces: _interfaces, ...rest } = served
  return {
    ...rest,
    supportedInterfaces: bindings.map((protocolBinding) => ({
      url: address,
      protocolBinding,
      protocolVersion: a2aVersion,
    })),
    capabilities: { ...object(served['capabilities']), pushNotifications: false, extendedAgentCard: false },
    securitySchemes: { ambit: { httpAuthSecurityScheme: { scheme: 'Bearer' } } },
    securityRequirements: [{ schemes: { ambit: { list: [] } } }],
    skills: skillsOf(served['skills']),
  }
}

/** What a skill asks for is the agent's own way of signing in, which this node takes care of. */
function skillsOf(skills: unknown): unknown[] {
  if (!Array.isArray(skills)) return []
  return skills.map((skill) => {
    const { securityRequirements: _requirements, ...rest } = object(skill)
    return rest
  })
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
