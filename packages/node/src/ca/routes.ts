import { Fault } from '@ambit/core/fault'
import { pemBlocks } from '@ambit/core/pem'
import { z } from 'zod'
import { timeText } from '../kernel/clock.ts'
import { route } from '../kernel/route.ts'
import type { RoleName, Route } from '../kernel/route.ts'
import type { Registry } from '../registry/registry.ts'
import type { Certificate, CertificateAuthority, RevocationReason } from './ca.ts'

const operators: readonly RoleName[] = ['owner', 'operator']
const params = z.strictObject({ slug: z.string().min(1).max(100) })
/** 16 KiB in base64, with its lines. */
const requestCharactersMax = 32_768

const certificateSchema = z.object({
  serial: z.string(),
  /** Identity code. */
  record: z.string(),
  usage: z.enum(['clientAuth', 'serverAuth']),
  thumbprint: z.string(),
  key: z.string().optional(),
  notBefore: z.string(),
  notAfter: z.string(),
  /** Whether it holds now. */
  holds: z.boolean(),
  revoked: z.string().optional(),
  reason: z.number().optional(),
})
const issuedSchema = z.object({ certificate: certificateSchema, chain: z.string() })

export interface CaRouteParts {
  readonly ca: CertificateAuthority
  readonly registry: Pick<Registry, 'target'>
}

/** Certificates of the organisation's agents, by people; agents get theirs by ACME. */
export function caRoutes(parts: CaRouteParts): readonly Route[] {
  return [...readingRoutes(parts), ...makingRoutes(parts)]
}

function readingRoutes({ ca, registry }: CaRouteParts): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/certificates',
      summary: 'Lists the certificates of a record, or the newest of the organisation.',
      access: 'person',
      query: z.strictObject({ record: z.string().min(1).max(100).optional() }),
      reply: z.object({ certificates: z.array(certificateSchema), trustBundle: z.string() }),
      async handle({ caller: { organization }, query: { record } }) {
        const aic = record === undefined ? undefined : recordOf(registry, record, organization)
        const certificates = await ca.certificates(organization, aic)
        return {
          body: { certificates: certificates.map((one) => view(ca, one)), trustBundle: ca.trustBundle() },
        }
      },
    }),
    route({
      method: 'GET',
      path: '/api/certificates/:serial',
      summary: 'Shows a certificate with its chain.',
      access: 'person',
      params: z.strictObject({ serial: z.string().regex(/^[0-9A-F]{1,40}$/) }),
      reply: issuedSchema,
      async handle({ caller, params: { serial } }) {
        const own = await ca.certificate(serial)
        if (own === undefined || registry.target(own.certificate.aic)?.organization !== caller.organization)
          throw new Fault('ca.not-found', { detail: 'no certificate of this organisation has that serial' })
        return { body: { certificate: view(ca, own.certificate), chain: own.chain } }
      },
    }),
  ]
}

function makingRoutes({ ca, registry }: CaRouteParts): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/records/:slug/certificates',
      summary: 'Gives a record a certificate for the key of a certificate request.',
      access: operators,
      params,
      body: z.strictObject({
        usage: z.enum(['clientAuth', 'serverAuth']),
        /** PKCS #10, PEM. */
        csr: z.string().min(1).max(requestCharactersMax),
      }),
      reply: issuedSchema,
      status: 201,
      async handle({ caller, params: { slug }, body: { usage, csr } }) {
        const aic = recordOf(registry, slug, caller.organization)
        const { certificate, chain } = await ca.issue({
          aic,
          organization: caller.organization,
          usage,
          csr: requestIn(csr),
          by: caller.person,
        })
        return { body: { certificate: view(ca, certificate), chain } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/records/:slug/certificates/revoke',
      summary: 'Takes back one certificate of a record, or all of them.',
      access: operators,
      params,
      body: z.strictObject({
        serial: z
          .string()
          .regex(/^[0-9A-F]{1,40}$/)
          .optional(),
        reason: z.int().min(0).max(5).default(0),
      }),
      reply: z.object({ revoked: z.int() }),
      async handle({ caller, params: { slug }, body: { serial, reason } }) {
        const aic = recordOf(registry, slug, caller.organization)
        const by = caller.person
        return { body: { revoked: await ca.revoke({ aic, serial, reason: reason as RevocationReason, by }) } }
      },
    }),
    route({
      method: 'POST',
      path: '/api/records/:slug/acme-credential',
      summary: 'Makes a credential with which an agent gets its certificates by ACME, once within a day.',
      access: operators,
      params,
      reply: z.object({
        keyId: z.string(),
        macKey: z.string(),
        aic: z.string(),
        expiresAt: z.string(),
        directory: z.string(),
      }),
      status: 201,
      handle: async ({ caller, params: { slug } }) => ({
        body: await ca.credential(recordOf(registry, slug, caller.organization), caller.person),
      }),
    }),
  ]
}

function recordOf(registry: Pick<Registry, 'target'>, slugOrId: string, organization: string): string {
  const target = registry.target(slugOrId, organization)
  if (target?.organization === organization) return target.id
  throw new Fault('input.not-found', { detail: 'there is no record of that name', where: 'record' })
}

function requestIn(text: string): Uint8Array {
  try {
    const blocks = [...pemBlocks('CERTIFICATE REQUEST', text), ...pemBlocks('NEW CERTIFICATE REQUEST', text)]
    if (blocks.length === 1) return blocks[0]!
  } catch {
    // Said below, like any other wrong form.
  }
  throw new Fault('ca.request', { detail: 'it is not one request in PEM', where: 'csr' })
}

function view(ca: CertificateAuthority, one: Certificate): z.input<typeof certificateSchema> {
  const { serial, aic, usage, thumbprint, key, notBefore, notAfter, revokedAt, reason } = one
  return {
    serial,
    record: aic,
    usage,
    thumbprint,
    ...(key === undefined ? {} : { key }),
    notBefore: timeText(notBefore),
    notAfter: timeText(notAfter),
    holds: ca.holds(serial),
    ...(revokedAt === undefined
      ? {}
      : {
          revoked: timeText(revokedAt),
          reason: reason ?? 0,
        }),
  }
}
