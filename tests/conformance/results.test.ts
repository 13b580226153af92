import { describe, expect, test } from 'vitest'
import { readJunit } from './junit.ts'
import { compare } from './results.ts'
import type { TestResult } from './results.ts'

const passed: TestResult = { status: 'passed' }
const failed: TestResult = { status: 'failed', message: 'no' }

describe('a comparison', () => {
  test('counts as lost what passes on the peer and fails, is skipped or is missing behind the node', () => {
    const direct = new Map([
      ['a/fails', passed],
      ['a/kept', passed],
      ['b/skipped', passed],
      ['c/missing', passed],
      ['d/never', failed],
    ])
    const through = new Map<string, TestResult>([
      ['a/fails', failed],
      ['a/kept', passed],
      ['b/skipped', { status: 'skipped', message: 'not declared' }],
      ['c/general', { status: 'failed', message: 'broke off' }],
      ['d/never', passed],
    ])
    expect(compare('suite', '1', direct, through)).toEqual({
      suite: 'suite',
      version: '1',
      passed: 2,
      failed: 2,
      skipped: 1,
      lost: 3,
      direct: { passed: 4, failed: 1, skipped: 0 },
      failures: [
        { test: 'a/fails', message: 'no' },
        { test: 'b/skipped', message: 'not declared' },
        { test: 'c/missing', message: 'not run through the node; c/general: broke off' },
      ],
    })
  })
})

describe('the report of pytest', () => {
  test('is read with what failed, what was skipped and why', () => {
    const results = readJunit(`<testsuites><testsuite name="pytest">
      <testcase classname="tests.a.TestB" name="test_c[x&amp;y]" time="0.1" />
      <testcase classname="tests.a" name="test_d" time="0.1"><failure message="expected &lt;1&gt;&#10;got &quot;2&quot;">stack</failure></testcase>
      <testcase classname="tests.a" name="test_e" time="0.1"><skipped type="pytest.skip" message="not declared">x</skipped></testcase>
      <testcase classname="tests.a" name="test_f" time="0.1"><error message="failed on setup">x</error></testcase>
    </testsuite></testsuites>`)
    expect([...results]).toEqual([
      ['tests.a.TestB::test_c[x&y]', { status: 'passed' }],
      ['tests.a::test_d', { status: 'failed', message: 'expected <1>\ngot "2"' }],
      ['tests.a::test_e', { status: 'skipped', message: 'not declared' }],
      ['tests.a::test_f', { status: 'failed', message: 'failed on setup' }],
    ])
  })
})
