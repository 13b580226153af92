import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest } from '@ambit/core/digest'
import type { RecordState } from '@ambit/core/record'
import { afterAll, expect, test } from 'vitest'
import { digestBytes } from '../kernel/digest.ts'
import { SpillFile } from '../kernel/spill-file.ts'
import type { Rulings } from '../ruling/ruling.ts'
import { createRoster } from './compact-roster.ts'
import { skeletons } from './confusable.ts'
import type { Held } from './roster.ts'

const directory = mkdtempSync(join(tmpdir(), 'ambit-roster-'))
afterAll(() => rmSync(directory, { recursive: true }))

function rosterOf() {
  const states = new Map<Digest, { readonly state: RecordState; readonly ruling: string }>()
  const rulings = { stateOf: (digest: Digest) => states.get(digest) } as Rulings
  const roster = createRoster(rulings, new SpillFile(directory), 7)
  function held(at: number, more: Partial<Held> = {}): Held {
    const id = `1.2.156.3088.1.000001.ABCDEF.${at}`
    const [slug, organization] = [more.slug ?? `one-${at}`, more.organization ?? 'main']
    const digest = digestBytes(`version of ${at}`)
    states.set(digest, states.get(digest) ?? { state: 'active', ruling: 'r_activation' })
    const tool = { id: 'look_up', definition: digest, accepted: true, held: false }
    const profile = { effect: 'read', reversibility: 0, roles: {}, integrity: {} } as const
    const url = `http://host-${at % 50}.example:8080/${at}`
    const each = { protocol: 'mcp', version: '1', url, transport: 'streamable-http' } as const
    return {
      id,
      organization,
      slug,
      isLive: true,
      hasDraft: false,
      updated: at,
      scenarios: [],
      names: [`One ${at}`],
      supplies: at === 7 ? [digestBytes('a part')] : [],
      versions: [{ record: id, digest, number: 1, version: '1.0.0', created: at }],
      target: {
        id,
        slug,
        organization,
        kind: 'agent',
        digest,
        version: '1.0.0',
        title: `One ${at}`,
        state: 'active',
        ruling: undefined,
        interfaces: [{ ...each, security: [] }],
        capabilities: new Map([
          [
            'look_up',
            { ...tool, profile: { ...profile, dataClasses: [] }, served: { name: 'é'.repeat(500) } },
          ],
        ]),
      },
      changes: 0,
      ...more,
    }
  }
  return { roster, held, states }
}

/** More than are kept read (`warm-records.ts`). */
const many = 6000

test('a record comes back as it was put, by each of its names, also when it was long read', () => {
  const { roster, held } = rosterOf()
  for (let at = 0; at < many; at++) roster.put(held(at))
  for (let at = 0; at < many; at += 11) {
    const one = held(at)
    expect(roster.byId(one.id)).toEqual(one)
    expect(roster.find(one.slug, 'main')).toEqual(one)
    expect(roster.byDigest(one.target.digest)).toEqual(one)
  }
  expect(roster.byId(held(0).id)).toBe(roster.byId(held(0).id))
  expect(roster.find('one-1', 'north')).toBeUndefined()
  expect([...roster.at('host-7.example')]).toHaveLength(many / 50)
  expect([...roster.madeOf([digestBytes('a part')])].map(({ slug }) => slug)).toEqual(['one-7'])
  expect([...roster.looksLike(skeletons('0ne-7'))].map(({ slug }) => slug)).toEqual(['one-7'])
  expect([...roster.heads('main')].slice(0, 2)).toMatchObject([
    { slug: 'one-0', state: 'active', protocols: ['mcp'] },
    { slug: 'one-1', title: 'One 1' },
  ])
})

test('a ruling holds at once of a record that was read and of one that was not', () => {
  const { roster, held, states } = rosterOf()
  for (let at = 0; at < many; at++) roster.put(held(at))
  const [cold, warm] = [held(0), held(many - 1)]
  expect(roster.byId(warm.id)?.target.state).toBe('active')
  for (const { id, target } of [cold, warm]) {
    states.set(target.digest, { state: 'recalled', ruling: 'r_recall' })
    roster.applyRuling(id)
    expect(roster.byId(id)?.target).toMatchObject({ state: 'recalled', ruling: 'r_recall' })
    expect(roster.glance(id)?.target.state).toBe('recalled')
  }
  const recalled = [...roster.heads()].filter(({ state }) => state === 'recalled').map(({ id }) => id)
  expect(recalled.toSorted()).toEqual([cold.id, warm.id].toSorted())
})

test('what changed is found by its new names and no more by its old ones', () => {
  const { roster, held } = rosterOf()
  for (let at = 0; at < 20; at++) roster.put(held(at))
  const { id } = held(3)
  roster.put(held(3, { slug: 'renamed', organization: 'north', names: ['Renamed'], updated: 99 }))
  expect(roster.find('one-3', 'main')).toBeUndefined()
  expect(roster.find('renamed', 'north')?.id).toBe(id)
  expect([...roster.looksLike(skeletons('One 3'))]).toEqual([])
  expect([...roster.heads('main')]).toHaveLength(19)
  expect(roster.marks(id)).toMatchObject({ updated: 99, versions: 1, isLive: true })
  roster.put({ ...held(3), isLive: false })
  expect(roster.find('one-3', 'main')).toBeUndefined()
  expect(roster.byId(id)?.isLive).toBe(false)
  roster.remove(id)
  expect(roster.byId(id)).toBeUndefined()
  expect(roster.marks(id)).toBeUndefined()
  roster.put(held(21))
  expect([...roster.ids()]).toHaveLength(20)
})
