import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatVkey, parseVkey } from './note.ts'
import { checkPolicy, formatPolicy, parsePolicy } from './policy.ts'
import type { LogPolicy } from './policy.ts'

interface PolicyVectors {
  /** The text of a checkpoint, and the signature lines that keys put under it. */
  text: string
  lines: Record<string, string>
  valid: { name: string; policy: string; formatted: string; accepts: string[][]; refuses: string[][] }[]
  invalid: { name: string; line: number | null; policy: string }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../vectors/ledger/policies.json', import.meta.url), 'utf8'),
) as PolicyVectors

async function read(text: string): Promise<LogPolicy> {
  const parsed = await parsePolicy(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.policy
}

function checkpoint(signers: readonly string[]): string {
  return `${vectors.text}\n${signers.map((id) => vectors.lines[id]!).join('')}`
}

test.each(vectors.valid)(
  'reads and applies: $name',
  async ({ policy: text, formatted, accepts, refuses }) => {
    const policy = await read(text)
    expect(formatPolicy(policy)).toBe(formatted)
    expect(await read(formatted)).toEqual(policy)
    for (const signers of accepts) {
      const verdict = await checkPolicy(checkpoint(signers), policy)
      expect(verdict, signers.join(' ')).toMatchObject({ ok: true, checkpoint: { size: 7 } })
      expect(verdict.ok && verdict.log.name).toBe('log.example/activity')
    }
    for (const signers of refuses) {
      expect((await checkPolicy(checkpoint(signers), policy)).ok, signers.join(' ')).toBe(false)
    }
  },
)

test.each(vectors.invalid)('refuses $name', async ({ policy, line }) => {
  const parsed = await parsePolicy(policy)
  expect(parsed.ok).toBe(false)
  if (!parsed.ok)
    expect(parsed.reason).toMatch(line === null ? /^the policy / : new RegExp(`^line ${line}: `))
})

test('a verdict names the log, the witnesses of the policy that cosigned, and when', async () => {
  const policy = await read(vectors.valid.find(({ name }) => name === 'any')!.policy)
  const verdict = await checkPolicy(checkpoint(['log', 'w3', 'otherLog', 'w1']), policy)
  expect(verdict).toMatchObject({
    ok: true,
    checkpoint: { origin: 'log.example/activity', size: 7, extensions: [] },
    log: policy.logs[0]!.key,
    witnesses: [
      { name: 'A', time: 1_800_000_000 },
      { name: 'C', time: 1_800_000_000 },
    ],
  })
  expect(await checkPolicy(checkpoint(['log']), policy)).toEqual({
    ok: false,
    reason: 'the quorum G is not reached: 0 witnesses of the policy cosigned',
  })
})

test('a cosignature that states no time does not count towards the quorum', async () => {
  const policy = await read(vectors.valid.find(({ name }) => name === 'any')!.policy)
  expect((await checkPolicy(checkpoint(['log', 'w3']), policy)).ok).toBe(true)
  expect((await checkPolicy(checkpoint(['log', 'untimed']), policy)).ok).toBe(false)
})

test('one bad signature of a key of the policy refuses what would do without it', async () => {
  const policy = await read(vectors.valid.find(({ name }) => name === 'any')!.policy)
  const bad = vectors.lines['w2']!.replace(/[A-P](?=[^ ]{10}\n$)|[Q-z0-9+/](?=[^ ]{10}\n$)/, (one) =>
    one === 'A' ? 'B' : 'A',
  )
  expect(bad).not.toBe(vectors.lines['w2'])
  expect(await checkPolicy(checkpoint(['log', 'w1']) + bad, policy)).toMatchObject({
    ok: false,
    reason: 'the signature of witness-2.example does not belong to this text',
  })
})

/** What a group asks for, told once more in the simplest way. */
function satisfied(policy: LogPolicy, name: string, cosigned: ReadonlySet<string>): boolean {
  const group = policy.groups.find((each) => each.name === name)
  if (group === undefined) return cosigned.has(name)
  return group.members.filter((member) => satisfied(policy, member, cosigned)).length >= group.threshold
}

test('any quorum over any groups is reached exactly by those that its definition says', async () => {
  const { policy: text } = vectors.valid.find(({ name }) => name === 'any')!
  const base = text.split('\n').slice(0, 4).join('\n')
  const ids = { A: 'w1', B: 'w2', C: 'w3' } as const
  const rule = fc.constantFrom('any', 'all', '1', '2')
  await fc.assert(
    fc.asyncProperty(
      rule,
      rule,
      fc.constantFrom(['A B', 'G C'], ['A C', 'B G'], ['A B C', 'G'], ['C', 'G A B']),
      fc.constantFrom('G', 'H', 'A', 'C', 'none'),
      fc.subarray(['A', 'B', 'C'] as const),
      async (first, second, [one, two], quorum, cosigned) => {
        const parsed = await parsePolicy(
          `${base}\ngroup G ${first} ${one}\ngroup H ${second} ${two}\nquorum ${quorum}\n`,
        )
        fc.pre(parsed.ok)
        const verdict = await checkPolicy(
          checkpoint(['log', ...cosigned.map((name) => ids[name])]),
          parsed.policy,
        )
        const wanted = quorum === 'none' || satisfied(parsed.policy, quorum, new Set(cosigned))
        expect(verdict.ok).toBe(wanted)
        if (verdict.ok) expect(verdict.witnesses.map(({ name }) => name)).toEqual([...cosigned].sort())
      },
    ),
    { numRuns: 200 },
  )
})

test('a policy with 32 logs, witnesses and groups is read, and one beyond all bounds is not', async () => {
  const pieces: string[] = []
  for (let at = 0; at < 32; at++) {
    const bytes = new Uint8Array(32).fill(at + 1)
    pieces.push(
      `log ${await vkeyOf(`log${at}`, 1, bytes)}`,
      `witness W${at} ${await vkeyOf(`w${at}`, 4, bytes)}`,
    )
    pieces.push(`group G${at} any W${at}`)
  }
  const text = `${pieces.join('\n')}\nquorum G31\n`
  const policy = await read(text)
  expect([policy.logs.length, policy.witnesses.length, policy.groups.length]).toEqual([32, 32, 32])
  expect(await read(formatPolicy(policy))).toEqual(policy)
  expect((await parsePolicy(`${text}${'#'.repeat(1_000_000)}\n`)).ok).toBe(false)
})

async function vkeyOf(name: string, type: 1 | 4, bytes: Uint8Array): Promise<string> {
  const vkey = await formatVkey(name, bytes, type === 1 ? 'ed25519' : 'cosignature')
  expect((await parseVkey(vkey)).ok).toBe(true)
  return vkey
}

test('a mutated policy is refused with a reason or read as what it says, never thrown at', async () => {
  const texts = vectors.valid.map(({ policy }) => policy)
  const piece = fc.constantFrom(
    '',
    ' ',
    '\t',
    '\n',
    '#',
    'none',
    'all',
    '2',
    'A',
    'G',
    '\r',
    '\ud800',
    'ä',
    'group G any A\n',
    'quorum A\n',
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...texts),
      fc.nat(),
      fc.nat({ max: 5 }),
      piece,
      async (text, at, cut, put) => {
        const from = at % (text.length + 1)
        const parsed = await parsePolicy(text.slice(0, from) + put + text.slice(from + cut))
        if (parsed.ok) {
          const formatted = formatPolicy(parsed.policy)
          expect(await read(formatted)).toEqual(parsed.policy)
        } else {
          expect(parsed.reason).toMatch(/^(line \d+: |the policy )/)
        }
      },
    ),
    { numRuns: 600 },
  )
})

test('half a character is refused, also in a comment', async () => {
  expect(await parsePolicy('# \ud800\nquorum none\n')).toEqual({
    ok: false,
    reason: 'line 1: it holds half a character',
  })
  expect((await parsePolicy('# \u{1f600}\nquorum none\n')).ok).toBe(true)
})

test('any text in place of a checkpoint is refused, never thrown at', async () => {
  const policy = await read(vectors.valid.find(({ name }) => name === 'all')!.policy)
  const full = checkpoint(['log', 'w1', 'w2', 'w3'])
  expect((await checkPolicy(full, policy)).ok).toBe(true)
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: full.length - 1 }),
      fc.string({ minLength: 1, maxLength: 2 }),
      async (at, put) => {
        fc.pre(full[at] !== put)
        expect((await checkPolicy(full.slice(0, at) + put + full.slice(at + 1), policy)).ok).toBe(false)
      },
    ),
    { numRuns: 300 },
  )
})
