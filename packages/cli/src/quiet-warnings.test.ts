import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { withoutMlDsaWarning } from './quiet-warnings.ts'

test('keeps the one warning about ML-DSA-44 away and passes every other one on as it came', () => {
  const said: unknown[][] = []
  const emit = withoutMlDsaWarning((...all: unknown[]) => void said.push(all))
  const words =
    'The ML-DSA-44 Web Crypto API algorithm is an experimental feature and might change at any time'
  emit(words, 'ExperimentalWarning')
  emit(words, 'Warning')
  emit('SQLite is an experimental feature', 'ExperimentalWarning')
  emit(new Error('wrong'))
  expect(said.map(([, type]) => type)).toEqual(['Warning', 'ExperimentalWarning', undefined])
  expect(said.at(-1)).toEqual([new Error('wrong')])
})

test('knows the words that this Node says', async () => {
  const module = fileURLToPath(new URL('quiet-warnings.ts', import.meta.url))
  const use = "await crypto.subtle.generateKey('ML-DSA-44', false, ['sign']).catch(() => undefined)"
  const quiet = `import { withoutMlDsaWarning } from ${JSON.stringify(module)}
process.emitWarning = withoutMlDsaWarning(process.emitWarning.bind(process))`
  const errors = async (code: string) =>
    await new Promise<string>((resolve) => {
      execFile(process.execPath, ['--input-type=module', '-e', code], (_error, _out, err) => resolve(err))
    })
  const [loud, silent] = await Promise.all([errors(use), errors(`${quiet}\n${use}`)])
  // A Node that says nothing, or has no ML-DSA-44, needs no quieting.
  expect(loud).toMatch(/^$|ML-DSA-44/)
  expect(silent).toBe('')
})
