import type { Constraint } from '@ambit/core/mandate'
import { constraintHolds, constraintWithin } from '@ambit/core/mandate/constraint'
import { wordsOf } from '@ambit/core/mandate/words'

const path: Constraint = { prefix: '/srv/data/' }
const said: Constraint = { fromUser: true }
const words = 'Pay ann@shop.example 1,200.50 EUR; 给“张三”转账300元，最多5万。'
const nested: Constraint = {
  schema: {
    type: 'object',
    required: ['to'],
    properties: { to: { type: 'array', maxItems: 2, items: { enum: ['ann', 'bob'] } } },
    additionalProperties: false,
  },
}

/** A constraint, a value and, where it counts, the words of the task; whether the value keeps to it. */
const values: readonly (readonly [Constraint, unknown, boolean, string?])[] = [
  [{ eq: 'ann' }, 'ann', true],
  [{ eq: 'ann' }, 'Ann', false],
  [{ eq: 5 }, '5', false],
  [{ in: ['ann', 5] }, 5, true],
  [{ max: 10 }, 10, true],
  [{ max: 10 }, '5', false],
  [{ max: 10 }, '５', false],
  [{ min: 1 }, null, false],
  [{}, null, true],
  [path, '/srv/data/a', true],
  [path, '/srv/data/a%20b', true],
  [path, '/srv/data/../etc', false],
  [path, '/srv/data/%252e%252e/etc', false],
  [path, '/srv/data/．．/etc', false],
  [path, '/srv/data/‥/etc', false],
  [path, '/srv/data/..∕etc', false],
  [path, '/srv/data/%EF%BC%8E%EF%BC%8E/etc', false],
  [path, '/srv/data/%c0%ae%c0%ae/etc', false],
  [path, '/srv/data/.\t./etc', false],
  [{ prefix: 'room a' }, 'room a\u0301', false],
  [{ prefix: 'an' }, 'an\u200bn', false],
  [{ prefix: 'an' }, 'an\u202en', false],
  [nested, { to: ['ann', 'bob'] }, true],
  [nested, { to: ['eve'] }, false],
  [nested, { to: ['ann'], cc: 'eve' }, false],
  [nested, {}, false],
  [said, 'ann@shop.example', true, words],
  [said, 'shop.example', false, words],
  [said, '张三', true, words],
  [said, 1200.5, true, words],
  [said, 1200, false, words],
  [said, 300, true, words],
  [said, 5, false, words],
  [said, 'Pay', false],
  [{ fromTrusted: true }, 'Pay', true, words],
]

/** A child and a parent; whether the child is narrower in a way that is seen. */
const pairs: readonly (readonly [Constraint, Constraint, boolean])[] = [
  [{ eq: 'ann' }, { in: ['ann', 'bob'] }, true],
  [{ in: ['ann', 'eve'] }, { in: ['ann', 'bob'] }, false],
  [{ prefix: '/srv/data/a/' }, path, true],
  [{ prefix: '/srv/' }, path, false],
  [{ prefix: 'room a\u0301' }, { prefix: 'room a' }, false],
  [{ min: 2, max: 9 }, { min: 1, max: 10 }, true],
  [{ max: 9 }, { min: 1, max: 10 }, false],
  [nested, nested, true],
  [{}, nested, false],
  [{ in: ['ann'] }, { schema: { type: 'string' } }, true],
  [{ fromUser: true, eq: 'ann' }, said, true],
  [{ eq: 'ann' }, said, false],
  [said, { fromTrusted: true }, true],
  [{ fromTrusted: true }, said, false],
]

/** What core says must be what stands here: a vector is written only where both agree. */
export function constraints() {
  for (const [constraint, value, holds, task] of values) {
    const own = constraintHolds(constraint, value, task === undefined ? undefined : wordsOf(task))
    if (own !== holds) throw new Error(`${JSON.stringify([constraint, value])} is ${own}`)
  }
  for (const [child, parent, within] of pairs) {
    if (constraintWithin(child, parent) !== within) throw new Error(JSON.stringify([child, parent]))
  }
  return {
    values: values.map(([constraint, value, holds, task]) => ({
      constraint,
      value,
      ...(task === undefined ? {} : { words: task }),
      holds,
    })),
    narrowing: pairs.map(([child, parent, within]) => ({ child, parent, within })),
  }
}
