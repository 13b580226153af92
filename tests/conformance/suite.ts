import { compare } from './results.ts'
import type { Results, SuiteReport } from './results.ts'

export interface SuiteOptions {
  /** Only this scenario of the suite, or these tests (what pytest takes after `-k`). */
  readonly scenario: string | undefined
  /** The short form, where a suite has one. */
  readonly short: boolean
}

/** A conformance suite that can be run on a peer by itself and on the same peer behind a node. */
export interface Suite {
  readonly name: string
  /** Of the protocol, as the suite names it. */
  readonly version: string
  /** Its tests wait more than they work, and none of them for less than a second: both runs go on at once. */
  readonly patient: boolean
  /** Why it cannot run on this machine; undefined when it can. Left out, it always can. */
  absence?(): Promise<string | undefined>
  direct(options: SuiteOptions): Promise<Results>
  through(options: SuiteOptions): Promise<Results>
}

/** Runs a suite both ways and says what was lost. */
export async function runSuite(suite: Suite, options: SuiteOptions): Promise<SuiteReport> {
  const first = suite.direct(options)
  if (!suite.patient) await first
  const [direct, through] = await Promise.all([first, suite.through(options)])
  return compare(suite.name, suite.version, direct, through)
}
