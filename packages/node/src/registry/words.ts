import type { ProfileWords, Words } from '../kernel/catalog.ts'

/** Longest text that is looked at; the words that matter come first. */
const charactersMax = 2000

/** A text as a row of known units: English words and phrases in base form, Chinese words of the lists. */
export interface Lexicon {
  /** Words of a name (`sendMail`, `files.list-all`, `查询订单`), in order. */
  ofName(name: string): readonly string[]
  /** Words of each clause of the first sentence of a description. */
  ofFirstSentence(description: string): readonly (readonly string[])[]
}

export function createLexicon(words: ProfileWords): Lexicon {
  const all: Words[] = [
    ...words.verbs,
    ...words.objects,
    words.creating,
    words.recipients,
    words.addresses,
    words.currencies,
    words.minorUnits,
    ...Object.values(words.roles),
  ]
  const english = new Set(all.flatMap((list) => list.en))
  const phrases = [...english].filter((word) => word.includes(' '))
  const chinese = [...new Set(all.flatMap((list) => list.zh))].sort((a, b) => b.length - a.length)

  function units(text: string, base: boolean): string[] {
    const found: string[] = []
    for (const run of text.match(/\p{Script=Han}+|[a-z0-9]+(?:-(?=mail)[a-z]+)?/gu) ?? []) {
      if (/^\p{Script=Han}/u.test(run)) found.push(...chineseUnits(run, chinese))
      else found.push(...englishUnits(run, english, base))
    }
    return joinPhrases(found, phrases)
  }
  return {
    ofName: (name) => units(splitCase(plain(name)).toLowerCase(), false),
    ofFirstSentence(description) {
      const text = plain(description).trim().toLowerCase()
      const sentence = text.split(/[.!?](?:\s|$)|[。！？；\n]/u, 1)[0] ?? ''
      return sentence
        .split(/[,;:，、：]|\b(?:and|then|or)\b|并且|然后|并|和|或/u)
        .map((clause) => units(clause, true))
        .filter((clause) => clause.length > 0)
    },
  }
}

/** Without what nobody sees and what only looks different, so that no word hides from the lists. */
function plain(text: string): string {
  return text
    .slice(0, charactersMax)
    .normalize('NFKC')
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu, '')
}

/** `sendMail` and `HTTPGet` to words; what is lower case throughout is split later, by the lists. */
function splitCase(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
}

function englishUnits(run: string, known: ReadonlySet<string>, base: boolean): string[] {
  if (known.has(run)) return [run]
  const form = baseForms(run).find((each) => known.has(each))
  if (form !== undefined) return [form]
  if (base) return [run]
  return takenApart(run, known) ?? [run]
}

/** Shorter pieces make up too many unrelated words. */
const pieceCharactersMin = 3

/** `deletefile`, `sendmail`: a name in one piece is two words when the lists know both. */
function takenApart(run: string, known: ReadonlySet<string>): string[] | undefined {
  for (let at = run.length - pieceCharactersMin; at >= pieceCharactersMin; at--) {
    const [first, rest] = [run.slice(0, at), run.slice(at)]
    if (!known.has(first)) continue
    const second = [rest, ...baseForms(rest)].find((each) => known.has(each))
    if (second !== undefined) return [first, second]
  }
  return undefined
}

/** Third person, plural and -ing forms: sends, categories, deleting, getting. */
function baseForms(word: string): string[] {
  const forms: string[] = []
  if (word.endsWith('ies')) forms.push(`${word.slice(0, -3)}y`)
  if (word.endsWith('s')) forms.push(word.slice(0, -1))
  if (word.endsWith('es')) forms.push(word.slice(0, -2))
  if (word.endsWith('ing')) {
    const stem = word.slice(0, -3)
    forms.push(stem, `${stem}e`)
    if (stem.at(-1) === stem.at(-2)) forms.push(stem.slice(0, -1))
  }
  return forms
}

/** Longest word of the lists at each place; what no list knows is passed over. */
function chineseUnits(run: string, known: readonly string[]): string[] {
  const found: string[] = []
  for (let at = 0; at < run.length;) {
    const word = known.find((each) => run.startsWith(each, at))
    if (word !== undefined) found.push(word)
    at += word?.length ?? 1
  }
  return found
}

function joinPhrases(units: readonly string[], phrases: readonly string[]): string[] {
  const joined: string[] = []
  for (let at = 0; at < units.length;) {
    const phrase = phrases.find((each) => {
      const parts = each.split(' ')
      return parts.every((part, offset) => units[at + offset] === part)
    })
    joined.push(phrase ?? units[at]!)
    at += phrase?.split(' ').length ?? 1
  }
  return joined
}
