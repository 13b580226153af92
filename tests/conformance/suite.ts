import type { Results } from './results.ts'

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
  /** Why it cannot run on this machine; undefined when it can. Left out, it always can. */
  absence?(): Promise<string | undefined>
  direct(options: SuiteOptions): Promise<Results>
  through(options: SuiteOptions): Promise<Results>
}
