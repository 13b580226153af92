import type { RecordView } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Fact } from '../../ui/page.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'

/** What proves a record: domains, keys and certificates in force. */
export function ProofFacts({
  view: { domains = [], keys = [], certificates = [] },
}: {
  readonly view: RecordView
}) {
  const text = useText()
  return (
    <>
      {domains.length > 0 && (
        <Fact name={text.proofs.domains}>
          <ul>
            {domains.map(({ domain }) => (
              <li key={domain}>{visibleString(domain, 253)}</li>
            ))}
          </ul>
        </Fact>
      )}
      {keys.length > 0 && (
        <Fact name={text.proofs.keys}>
          <ul>
            {keys.map(({ key, state }) => (
              <li key={key} className="flex items-baseline justify-between gap-3">
                <ShortId>{key}</ShortId>
                <span className="text-sm text-muted">
                  {text.proofs.keyStates[state] ?? visibleString(state, 40)}
                </span>
              </li>
            ))}
          </ul>
        </Fact>
      )}
      {certificates.length > 0 && (
        <Fact name={text.proofs.certificates}>
          <ul>
            {certificates.map(({ serial, usage, notAfter }) => (
              <li key={serial}>
                {visibleString(usage, 40)} <ShortId>{serial}</ShortId>
                <div className="text-sm text-muted">
                  {text.proofs.until} <Time at={notAfter} form="date" />
                </div>
              </li>
            ))}
          </ul>
        </Fact>
      )}
    </>
  )
}
