/**
 * Reads TOML 1.0 (toml.io/en/v1.0.0), as far as a client's configuration needs it: everything but that dates stay text.
 * Tables are objects without a prototype, so that a key can mean nothing else. Throws a SyntaxError that names the line.
 */
export function parseToml(text: string): TomlTable {
  return new TomlReader(text).document()
}

export type TomlValue = string | number | boolean | TomlValue[] | TomlTable
export interface TomlTable {
  [key: string]: TomlValue
}

/** Deeper than anybody nests settings. */
const depthMax = 50
const bareKey = /[A-Za-z0-9_-]+/y
const spaces = /[ \t]*/y
const gap = /(?:[ \t\r\n]|#[^\n]*)*/y
const number =
  /(?:0x[0-9A-Fa-f_]+|0o[0-7_]+|0b[01_]+|[+-]?(?:inf|nan|[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9_]+)?))(?![A-Za-z0-9_.:-])/y
const date =
  /\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?)?|\d\d:\d\d:\d\d(?:\.\d+)?/y
const escapes: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  '"': '"',
  '\\': '\\',
}

class TomlReader {
  readonly #text: string
  #at = 0
  readonly #root = table()
  /** Tables that a header named: none names one twice. */
  readonly #named = new Set<TomlTable>()
  /** Tables that stand within braces: nothing is added to them later. */
  readonly #whole = new Set<TomlTable>()
  /** Arrays that `[[…]]` made. */
  readonly #lists = new Set<TomlValue[]>()

  constructor(text: string) {
    this.#text = text
  }

  document(): TomlTable {
    let into = this.#root
    for (this.#skip(gap); this.#at < this.#text.length; this.#skip(gap)) {
      if (this.#take('[[')) into = this.#listHeader()
      else if (this.#take('[')) into = this.#header()
      else this.#pair(into, 0)
      this.#endOfLine()
    }
    return this.#root
  }

  #header(): TomlTable {
    const keys = this.#keys()
    this.#need(']')
    const found = this.#descend(this.#root, keys)
    if (this.#named.has(found)) throw this.#wrong('this table stands there twice')
    this.#named.add(found)
    return found
  }

  #listHeader(): TomlTable {
    const keys = this.#keys()
    this.#need(']]')
    const parent = this.#descend(this.#root, keys.slice(0, -1))
    const last = keys.at(-1)!
    if (!(last in parent)) {
      const fresh: TomlValue[] = []
      this.#lists.add(fresh)
      parent[last] = fresh
    }
    const list = parent[last]
    if (!Array.isArray(list)) throw this.#wrong('this key has another value')
    if (!this.#lists.has(list)) throw this.#wrong('this list has its values already')
    const added = table()
    list.push(added)
    return added
  }

  /** The table at a path, made where it is not there; of a list of tables, the last. */
  #descend(from: TomlTable, keys: readonly string[]): TomlTable {
    let at = from
    for (const key of keys) {
      const next = (at[key] ??= table())
      const inner = Array.isArray(next) && this.#lists.has(next) ? next.at(-1)! : next
      if (!isTable(inner) || this.#whole.has(inner)) throw this.#wrong('this key has another value')
      at = inner
    }
    return at
  }

  #pair(into: TomlTable, depth: number): void {
    const keys = this.#keys()
    this.#need('=')
    this.#skip(spaces)
    const parent = this.#descend(into, keys.slice(0, -1))
    const last = keys.at(-1)!
    if (last in parent) throw this.#wrong('this key stands there twice')
    parent[last] = this.#value(depth)
  }

  #keys(): string[] {
    const keys: string[] = []
    do {
      this.#skip(spaces)
      const next = this.#text[this.#at]
      const key = next === '"' || next === "'" ? this.#line(next) : this.#match(bareKey)
      if (key === undefined) throw this.#wrong('a key is missing')
      if (keys.push(key) > depthMax) throw this.#wrong('it is nested too deeply')
      this.#skip(spaces)
    } while (this.#take('.'))
    return keys
  }

  #value(depth: number): TomlValue {
    if (depth > depthMax) throw this.#wrong('it is nested too deeply')
    for (const quote of ['"', "'"]) {
      if (this.#take(quote.repeat(3))) return this.#block(quote)
      if (this.#text[this.#at] === quote) return this.#line(quote)
    }
    if (this.#take('[')) return this.#array(depth)
    if (this.#take('{')) return this.#braces(depth)
    if (this.#take('true')) return true
    if (this.#take('false')) return false
    const found = this.#match(number)
    if (found !== undefined) return numberOf(found)
    const day = this.#match(date)
    if (day !== undefined) return day
    throw this.#wrong('a value is missing')
  }

  #array(depth: number): TomlValue[] {
    const values: TomlValue[] = []
    for (this.#skip(gap); !this.#take(']'); this.#skip(gap)) {
      values.push(this.#value(depth + 1))
      this.#skip(gap)
      if (this.#take(',')) continue
      this.#need(']')
      break
    }
    return values
  }

  #braces(depth: number): TomlTable {
    const found = table()
    for (this.#skip(gap); !this.#take('}'); this.#skip(gap)) {
      this.#pair(found, depth + 1)
      this.#skip(gap)
      if (this.#take(',')) continue
      this.#need('}')
      break
    }
    this.#whole.add(found)
    return found
  }

  /** A string on one line, from its quote. */
  #line(quote: string): string {
    this.#at += 1
    const start = this.#at
    for (let end = start; end < this.#text.length; end++) {
      const character = this.#text[end]
      if (character === '\n') break
      if (character === '\\' && quote === '"') end += 1
      else if (character === quote) {
        this.#at = end + 1
        const inner = this.#text.slice(start, end)
        return quote === '"' ? this.#unescaped(inner) : inner
      }
    }
    throw this.#wrong('a string does not end on its line')
  }

  /** A string over several lines, from behind its quotes. */
  #block(quote: string): string {
    const start = /^\r?\n/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0].length ?? 0
    const from = this.#at + start
    for (let end = from; end < this.#text.length; end++) {
      if (this.#text[end] === '\\' && quote === '"') end += 1
      else if (this.#text.startsWith(quote.repeat(3), end)) {
        // Up to two quotes may stand before the three that end it.
        while (this.#text[end + 3] === quote && end - from < this.#text.length) end += 1
        this.#at = end + 3
        const inner = this.#text.slice(from, end)
        return quote === '"' ? this.#unescaped(inner.replaceAll(/\\[ \t]*\r?\n[ \t\r\n]*/g, '')) : inner
      }
    }
    throw this.#wrong('a string does not end')
  }

  #unescaped(text: string): string {
    return text.replaceAll(/\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^])/g, (_, code: string) => {
      if (code.length > 1) {
        const point = Number.parseInt(code.slice(1), 16)
        if (point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)) return String.fromCodePoint(point)
      }
      const plain = escapes[code]
      if (plain === undefined) throw this.#wrong('a string has an escape that means nothing')
      return plain
    })
  }

  #endOfLine(): void {
    this.#skip(spaces)
    if (this.#text[this.#at] === '#' || this.#at >= this.#text.length) return
    if (!this.#take('\r\n')) this.#need('\n')
  }

  #skip(form: RegExp): void {
    this.#match(form)
  }

  #match(form: RegExp): string | undefined {
    form.lastIndex = this.#at
    const [found] = form.exec(this.#text) ?? []
    if (found !== undefined) this.#at += found.length
    return found
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #need(text: string): void {
    if (!this.#take(text)) throw this.#wrong(text === '\n' ? 'the line goes on' : `\`${text}\` is missing`)
  }

  #wrong(what: string): SyntaxError {
    return new SyntaxError(`${what} in line ${this.#text.slice(0, this.#at).split('\n').length}`)
  }
}

function table(): TomlTable {
  return Object.create(null) as TomlTable
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value)
}

function numberOf(text: string): number {
  const plain = text.replaceAll('_', '').replace(/^\+/, '')
  if (plain.endsWith('inf')) return plain.startsWith('-') ? -Infinity : Infinity
  return plain.endsWith('nan') ? Number.NaN : Number(plain)
}
