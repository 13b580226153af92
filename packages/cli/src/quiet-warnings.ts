type EmitWarning = typeof process.emitWarning

/** What Node says once when it checks a signature of ML-DSA-44: true, and nothing that a person at a terminal can act on. */
const mlDsaWarning = /^The ML-DSA-44 Web Crypto API algorithm is an experimental feature/

/** Keeps that one warning from standard error; every other one still gets there. */
export function withoutMlDsaWarning(emit: EmitWarning): EmitWarning {
  return (...said: unknown[]) => {
    const [warning, type] = said
    if (type === 'ExperimentalWarning' && mlDsaWarning.test(String(warning))) return
    // The call is passed on as it came; only its overloads have no common type.
    ;(emit as (...said: unknown[]) => void)(...said)
  }
}
