import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault } from '@ambit/core/fault'
import { effects } from '@ambit/core/record'
import { afterEach, expect, test } from 'vitest'
import { loadCatalog } from './catalog.ts'

const shipped = fileURLToPath(new URL('../../../../catalog/', import.meta.url))
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function brokenCatalog(file: string, change: (content: Record<string, unknown>) => unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-catalog-'))
  folders.push(folder)
  cpSync(shipped, folder, { recursive: true })
  const content = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>
  writeFileSync(join(folder, file), JSON.stringify(change(content)))
  return folder
}

function faultOf(folder: string): Fault {
  try {
    loadCatalog(folder)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('the catalogue was accepted')
}

test('the catalogue that ships is of its form and decides every effect', () => {
  const catalog = loadCatalog()
  expect(Object.keys(catalog.decisions).sort()).toEqual([...effects].sort())
  expect(catalog.scenarios.size).toBe(19)
  expect(catalog.decisions.read[3]).toEqual({ default: 'autonomous', floor: 'autonomous' })
  expect(catalog.decisions.write[2]).toEqual({ default: 'ask', floor: 'autonomous' })
  expect(catalog.decisions.pay[3]).toEqual({ default: 'ask', floor: 'ask', obligations: ['step-up'] })
  // Nobody reads and vetoes within the few seconds that a client would wait for a write without noticing.
  expect(catalog.decisions.write[1]).toEqual({ default: 'autonomous', floor: 'autonomous' })
  expect(catalog.decisions.egress[1]).toMatchObject({ default: 'autonomous', holdMs: 30_000 })
  expect(catalog.decisions.physical[0].floor).toBe('ask')
})

test('a default never becomes milder as an act becomes harder to undo', () => {
  const order = ['autonomous', 'ask', 'user']
  for (const cells of Object.values(loadCatalog().decisions)) {
    for (let at = 1; at < cells.length; at++) {
      expect(order.indexOf(cells[at]!.default)).toBeGreaterThanOrEqual(order.indexOf(cells[at - 1]!.default))
      expect(order.indexOf(cells[at]!.floor)).toBeGreaterThanOrEqual(order.indexOf(cells[at - 1]!.floor))
    }
  }
})

test('refuses a broken file and names it and the member', () => {
  const missing = faultOf(
    brokenCatalog('tiers.json', (content) => ({ ...content, unknownScenario: undefined })),
  )
  expect(missing.code).toBe('catalog.invalid')
  expect(missing.where).toBe('tiers.json.unknownScenario')

  const loose = faultOf(
    brokenCatalog('decisions.json', (content) => ({
      ...content,
      decisions: {
        ...(content['decisions'] as object),
        pay: [
          { default: 'autonomous', floor: 'ask' },
          ...Array.from({ length: 3 }, () => ({ default: 'ask', floor: 'ask' })),
        ],
      },
    })),
  )
  expect(loose.where).toBe('decisions.json.decisions.pay.0')

  const twice = faultOf(
    brokenCatalog('scenarios.json', (content) => ({
      ...content,
      scenarios: [...(content['scenarios'] as object[]), ...(content['scenarios'] as object[])],
    })),
  )
  expect(twice.where).toBe('scenarios.json')
  expect(faultOf(brokenCatalog('profile-words.json', () => [])).where).toBe('profile-words.json')
})

test('refuses a folder without the files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-catalog-'))
  folders.push(folder)
  expect(faultOf(folder).where).toBe('decisions.json')
})
