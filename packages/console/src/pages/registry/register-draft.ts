import type { Registration } from '../../api/types.ts'

/** What was typed into the form. */
export interface RegisterDraft {
  readonly by: 'address' | 'command'
  readonly url: string
  readonly command: string
  readonly environment: string
  readonly slug: string
  readonly header: string
  readonly headerValue: string
  readonly headersFor: 'me' | 'everyone'
}

export const emptyRegisterDraft: RegisterDraft = {
  by: 'address',
  url: '',
  command: '',
  environment: '',
  slug: '',
  header: 'Authorization',
  headerValue: '',
  headersFor: 'me',
}

export type RegisterResult =
  | { readonly ok: true; readonly registration: Registration }
  | { readonly ok: false; readonly wrong: 'command' }
  /** `line` counts from 1. */
  | { readonly ok: false; readonly wrong: 'environment'; readonly line: number }

/** The registration that a filled form asks for, or what in it is not right. */
export function registrationOf(draft: RegisterDraft): RegisterResult {
  const slug = draft.slug.trim() === '' ? {} : { slug: draft.slug.trim() }
  if (draft.by === 'address') {
    const value = draft.headerValue.trim()
    const credential =
      value === '' ? {} : { secrets: [{ header: draft.header.trim(), value }], headersFor: draft.headersFor }
    return { ok: true, registration: { url: draft.url.trim(), ...slug, ...credential } }
  }
  const words = commandWords(draft.command)
  const [program, ...args] = words ?? []
  if (program === undefined) return { ok: false, wrong: 'command' }
  const env = new Map<string, string>()
  for (const [at, line] of draft.environment.split('\n').entries()) {
    if (line.trim() === '') continue
    const [, name, value] = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) return { ok: false, wrong: 'environment', line: at + 1 }
    env.set(name, value)
  }
  const environment = env.size === 0 ? {} : { env: Object.fromEntries(env) }
  return { ok: true, registration: { command: { program, args, ...environment }, ...slug } }
}

/**
 * The words of a command line: blanks part them, quotation marks hold them together, and outside single ones a
 * backslash takes the next character as it is. Nothing is expanded. Undefined when a mark is not closed or the line
 * ends in a backslash.
 */
export function commandWords(line: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at)
    if (character === '\\' && quote !== "'") {
      at += 1
      if (at === line.length) return undefined
      word = (word ?? '') + line.charAt(at)
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined
      else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (quote !== undefined) return undefined
  return word === undefined ? words : [...words, word]
}
