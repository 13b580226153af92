import { describe, expect, test } from 'vitest'
import type { Stop } from '../../api/stops.ts'
import type { Me } from '../../api/types.ts'
import { gravestFirst, visibleTo } from './stops-shown.ts'

const me = (roles: Me['roles']): Me => ({
  person: { id: 'lin', name: 'Lin' },
  organization: { id: 'main', name: 'Main' },
  roles,
  by: 'session',
})
const stop = (part: Partial<Stop>): Stop => ({
  id: 'st_1',
  what: 'everything',
  by: 'wen',
  at: '2026-11-21T12:00:00.000Z',
  ...part,
})

describe('the stops that somebody is shown', () => {
  test('are those that reach what is done in their name', () => {
    const shown = (part: Partial<Stop>) => visibleTo(me(['approver']), stop(part))
    expect(shown({})).toBe(true)
    expect(shown({ what: 'person', subject: 'lin' })).toBe(true)
    expect(shown({ what: 'person', subject: 'wen' })).toBe(false)
    expect(shown({ what: 'agent', subject: 'aic', name: 'wen' })).toBe(false)
    expect(shown({ what: 'agent', subject: 'aic', name: 'lin' })).toBe(true)
    expect(shown({ what: 'person', subject: 'wen', by: 'lin' })).toBe(true)
    expect(visibleTo(me(['owner']), stop({ what: 'person', subject: 'wen' }))).toBe(true)
  })

  test('stand with the widest first, and of these the newest', () => {
    const list = [
      stop({ id: 'a', what: 'mandate' }),
      stop({ id: 'b', what: 'person', at: '2026-11-21T12:00:00.000Z' }),
      stop({ id: 'c', what: 'person', at: '2026-11-21T13:00:00.000Z' }),
      stop({ id: 'd' }),
    ]
    expect(gravestFirst(list).map(({ id }) => id)).toEqual(['d', 'c', 'b', 'a'])
  })
})
