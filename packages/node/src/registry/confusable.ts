/*
 * When two names look alike (Unicode Technical Standard 39, sections 4 and 5). The table is small and our own: letters of
 * other scripts that most fonts draw like Latin ones, and the Latin and digit pairs that people misread. It is a net
 * against squatting among names of agents, not the whole of the Unicode data.
 */

/** Each row: what it looks like, then the characters that look so. Upper case where only upper case does. */
const lookalikes: readonly (readonly [prototype: string, characters: string])[] = [
  ['a', 'аɑαᴀ'],
  ['b', 'ЬƄВΒвь'],
  ['c', 'сϲᴄСϹ'],
  ['d', 'ԁɗ'],
  ['e', 'еҽєэЕΕ'],
  ['f', 'ғϝ'],
  ['g', 'ɡց'],
  ['h', 'һհНΗн'],
  ['i', 'іιıɩї'],
  ['j', 'јϳЈ'],
  ['k', 'кκКΚᴋ'],
  ['l', 'ӏІΙӀ1|ǀ∣'],
  ['m', 'МΜмᴍ'],
  ['n', 'ոпηΝ'],
  ['o', '0оοօσОΟ०੦૦௦๐໐'],
  ['p', 'рρРΡ'],
  ['q', 'ԛգ'],
  ['r', 'гᴦ'],
  ['s', 'ѕꜱЅ'],
  ['t', 'тτТΤᴛ'],
  ['u', 'υսᴜ'],
  ['v', 'ѵνᴠ'],
  ['w', 'ԝωшᴡ'],
  ['x', 'хχХΧ'],
  ['y', 'уγүУΥ'],
  ['z', 'ᴢΖ'],
]
/** Pairs of letters that run together. */
const runs: readonly (readonly [pair: string, looksLike: string])[] = [
  ['rn', 'm'],
  ['vv', 'w'],
  ['cl', 'd'],
]
const prototypes = new Map(
  lookalikes.flatMap(([prototype, characters]) =>
    Array.from(characters).map((each) => [each, prototype] as const),
  ),
)
/** Only in text whose case means something: a capital I is drawn like a small l. */
const capitals = new Map([['I', 'l']])

/** Names are cut at the limits of a record before they come here; this only bounds the work. */
const charactersMax = 400

/**
 * What a name looks like, in one or two forms: two names can be confused when they share one. Spaces, hyphens and dots
 * do not count, case does not count but for a capital I.
 */
export function skeletons(name: string): readonly string[] {
  const text = name.slice(0, charactersMax).normalize('NFKC')
  const asWritten = skeleton(text, true)
  const folded = skeleton(text, false)
  return [...new Set([folded, asWritten])].filter((each) => each !== '')
}

function skeleton(text: string, withCapitals: boolean): string {
  let found = ''
  for (const character of text) {
    const capital = withCapitals ? capitals.get(character) : undefined
    const lower = character.toLowerCase()
    found += capital ?? prototypes.get(character) ?? prototypes.get(lower) ?? lower
  }
  // Accents go: they are easily missed. So does what nobody sees, and what only divides.
  const plain = found
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}\p{Z}\p{P}]/gu, '')
  return runs.reduce((before, [pair, looksLike]) => before.replaceAll(pair, looksLike), plain)
}

/** The same name but for case, width and spaces. */
export function sameName(left: string, right: string): boolean {
  return plainName(left) === plainName(right)
}

function plainName(name: string): string {
  return name.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim()
}

/** Scripts that are drawn so alike that a word of several of them is a trick (UTS 39, 5.1 and 5.2). */
const scripts = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Georgian', 'Coptic', 'Lisu'] as const
const scriptPatterns = scripts.map((script) => [script, new RegExp(`\\p{Script=${script}}`, 'u')] as const)
/** Emoji are joined and coloured by characters that cannot be seen alone. */
const emoji = /\p{Extended_Pictographic}(?:[\uFE0F\u200D]|\p{Emoji_Modifier}|\p{Extended_Pictographic})*/gu
/** Letters of these scripts are joined or kept apart by them. */
const joined =
  /(?<=[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Malayalam}\p{M}])[\u200C\u200D](?=\p{L})/gu
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\u3164]/u

/** Why a displayed name cannot be read as what it is; undefined: it can. */
export function unreadable(name: string): string | undefined {
  const hidden = unseen.exec(name.replaceAll(emoji, '').replaceAll(joined, ''))
  if (hidden !== null) {
    const code = hidden[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
    return `it holds a character that cannot be seen (U+${code})`
  }
  for (const word of name.normalize('NFKC').split(/[^\p{L}\p{M}\p{N}]+/u)) {
    const found = scriptPatterns.filter(([, pattern]) => pattern.test(word)).map(([script]) => script)
    if (found.length > 1) return `one word mixes ${found.join(' and ')} letters`
  }
  return undefined
}

/** Names that a record would only take to be believed more than it is. Whole names, in every guise. */
const reserved = [
  ['ambit', 'ambit node', 'ambit registry', 'ambit gateway', 'node operator', 'system', 'root'],
  ['admin', 'administrator', 'official', 'security', 'support team', 'registry', '官方', '系统', '管理员'],
].flat()
const reservedSkeletons = new Set(reserved.flatMap(skeletons))

export function isReserved(name: string): boolean {
  return skeletons(name).some((each) => reservedSkeletons.has(each))
}
