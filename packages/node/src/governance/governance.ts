import { Fault } from '@ambit/core/fault'
import type { SignedRuling } from '@ambit/core/ruling'
import type { Catalog, Tier } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import { digestValue } from '../kernel/digest.ts'
import type { Check, Registry } from '../registry/registry.ts'
import type { Rulings } from '../ruling/ruling.ts'
import { selfTest, selfTestChecks } from './self-test.ts'
import type { Answer } from './self-test.ts'
import { tierOf } from './tier.ts'
import type { TierSubject } from './tier.ts'

/** Tiers, test runs and certificates. */
export interface Governance {
  /** The risk tier of a record. In memory. */
  tierOf(subject: TierSubject): Tier
  /** Results of the newest test run of an exact version, as its ruling has them. */
  checksOf(record: string, digest: string): Promise<readonly Check[] | undefined>
  /**
   * Runs the self-test against the live agent. The result is a ruling `test-report`; when every check holds, a ruling
   * `certificate` of 90 days follows. Throws a Fault `record.state` for a draft and for what is no longer in use.
   */
  certify(order: CertifyOrder, signal?: AbortSignal): Promise<Certification>
}

export interface CertifyOrder {
  /** Slug or AIC. */
  readonly record: string
  readonly organization: string
  /** Principal id of the person who asked; their credentials are used. */
  readonly person: string
}

export interface Certification {
  readonly certified: boolean
  readonly checks: readonly Check[]
  /** The certificate, or the report where there is none. */
  readonly ruling: SignedRuling
}

export interface GovernanceParts {
  readonly registry: Pick<Registry, 'read' | 'describe'>
  readonly rulings: Rulings
  readonly catalog: Catalog
  readonly clock: Clock
}

const dayMs = 24 * 60 * 60 * 1000
/** A self-test says how things were; after a quarter it is worth repeating. */
const certificateLifeMs = 90 * dayMs
const testSuite = 'self-test'

export function openGovernance(parts: GovernanceParts): Governance {
  const { registry, rulings, catalog, clock } = parts
  return {
    tierOf: (subject) => tierOf(subject, catalog),
    async checksOf(record, digest) {
      const reports = await rulings.list(record)
      const newest = reports.findLast(
        ({ body }) => body.kind === 'test-report' && body.subject.digests.some((each) => each === digest),
      )
      return newest === undefined ? undefined : checksFrom(newest)
    },
    async certify(order, signal) {
      const { record, target } = await registry.read(order.record, order.organization)
      if (target.state === 'draft' || target.state === 'recalled' || target.state === 'retired') {
        throw new Fault('record.state', {
          detail: `a record that is ${target.state} cannot be certified`,
          where: target.slug,
          ...(target.state === 'draft'
            ? { remedy: 'Submit it first: a certificate names an exact version.' }
            : {}),
        })
      }
      const checks = selfTest(record, target, await ask(registry, order, signal))
      const about = {
        organization: order.organization,
        record: target.id,
        digests: [target.digest],
        person: order.person,
      }
      const report = await rulings.issue({
        ...about,
        kind: 'test-report',
        basis: checks.map((check) => `${testSuite}/${check.id}: ${check.ok ? 'holds' : 'fails'}`),
        evidence: [digestValue(checks)],
        note: noteOf(checks),
      })
      const certified = checks.every((check) => check.ok)
      if (!certified) return { certified, checks, ruling: report }
      const ruling = await rulings.issue({
        ...about,
        kind: 'certificate',
        basis: [testSuite],
        evidence: [digestValue(report)],
        expiresAt: clock.now() + certificateLifeMs,
      })
      return { certified, checks, ruling }
    },
  }
}

async function ask(
  registry: GovernanceParts['registry'],
  order: CertifyOrder,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  try {
    const described = await registry.describe(order.record, order.organization, order.person, signal)
    return { reachable: true, described }
  } catch (error) {
    if (!Fault.is(error)) throw error
    return { reachable: false, problem: error.detail }
  }
}

/** A ruling's note takes 2,000 characters. */
const noteCharactersMax = 2000

function noteOf(checks: readonly Check[]): string {
  const failed = checks.filter((check) => !check.ok)
  if (failed.length === 0) return 'Every check holds.'
  const text = failed.map((check) => `${check.id}: ${check.what}`).join('\n')
  return text.slice(0, noteCharactersMax).toWellFormed()
}

/** The checks as a report has them: ids and results; why one failed stands in the note. */
function checksFrom(report: SignedRuling): Check[] {
  const reasons = new Map(
    (report.body.note ?? '').split('\n').map((line): [string, string] => {
      const at = line.indexOf(': ')
      return [line.slice(0, at), line.slice(at + 2)]
    }),
  )
  return report.body.basis.flatMap((text) => {
    const [, id = '', result] = /^self-test\/(\w+): (holds|fails)$/.exec(text) ?? []
    if (!Object.hasOwn(selfTestChecks, id)) return []
    const what = selfTestChecks[id as keyof typeof selfTestChecks]
    return result === 'holds'
      ? { id, ok: true, what }
      : { id, ok: false, what: reasons.get(id) ?? `This does not hold: ${what}` }
  })
}
