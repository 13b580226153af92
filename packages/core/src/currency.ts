/** ISO 4217, list one of 2024: currencies whose minor unit is not a hundredth. */
const exponents: ReadonlyMap<string, number> = new Map([
  ...['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV'].map(
    (code) => [code, 0] as const,
  ),
  ...['XAF', 'XOF', 'XPF'].map((code) => [code, 0] as const),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3] as const),
  ...['CLF', 'UYW'].map((code) => [code, 4] as const),
])

/**
 * Decimal places of a currency: how many minor units one whole unit has, as a power of ten. Never throws.
 *
 * @example
 * ```ts
 * 10 ** exponentOf('EUR') // 100
 * 10 ** exponentOf('JPY') // 1
 * ```
 */
export function exponentOf(currency: string): number {
  return exponents.get(currency) ?? 2
}
