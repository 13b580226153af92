import type { Results, TestResult } from './results.ts'

/** The longest message of a test that is of use: pytest adds the whole stack. */
const messageCharactersMax = 600

/** Reads what pytest writes: a test is named by its module, class and name with its parameters. */
export function readJunit(xml: string): Results {
  const results = new Map<string, TestResult>()
  for (const [, head = '', body = ''] of xml.matchAll(
    /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const name = `${attribute(head, 'classname')}::${attribute(head, 'name')}`
    results.set(name, resultOf(body))
  }
  return results
}

function resultOf(body: string): TestResult {
  const [, kind, head = ''] = /<(failure|error|skipped)\b([^>]*)>/.exec(body) ?? []
  if (kind === undefined) return { status: 'passed' }
  const message = attribute(head, 'message').slice(0, messageCharactersMax)
  return { status: kind === 'skipped' ? 'skipped' : 'failed', message }
}

function attribute(head: string, name: string): string {
  const [, value = ''] = new RegExp(`\\b${name}="([^"]*)"`).exec(head) ?? []
  return value.replaceAll(/&(#\d+|#x[\da-f]+|lt|gt|quot|apos|amp);/gi, (_, entity: string) =>
    character(entity),
  )
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

function character(entity: string): string {
  if (!entity.startsWith('#')) return named[entity] ?? ''
  const hex = entity[1]?.toLowerCase() === 'x'
  return String.fromCodePoint(Number.parseInt(entity.slice(hex ? 2 : 1), hex ? 16 : 10))
}
