import { useText } from '../../i18n/language.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import type { Verdict } from './verdict.ts'

/** The verdict in large, and what exactly was checked. */
export function VerdictPanel({ verdict }: { readonly verdict: Verdict | undefined }) {
  const text = useText()
  if (verdict === undefined) {
    return (
      <p role="status" className="panel p-6 text-lg">
        {text.receipt.checking}
      </p>
    )
  }
  if (verdict.kind === 'cannot') {
    return (
      <div role="status" className="rounded-lg border border-warn bg-warn-wash p-6">
        <p className="text-xl font-bold text-warn">{text.receipt.cannot}</p>
        <p className="mt-1">{text.receipt.cannotHelp}</p>
      </div>
    )
  }
  if (verdict.kind === 'bad') {
    return (
      <div role="alert" className="rounded-lg border-2 border-danger bg-danger-wash p-6">
        <p className="text-xl font-bold text-danger">
          <span aria-hidden="true">✕ </span>
          {text.receipt.bad}
        </p>
        <p className="mt-1">{visibleString(verdict.reason, 300)}</p>
        <p className="mt-1 font-mono text-sm">
          {verdict.code}
          {verdict.where !== undefined && ` · ${visibleString(verdict.where, 100)}`}
        </p>
      </div>
    )
  }
  const { verified, origin, openings } = verdict
  const steps = [
    text.receipt.signature(visibleString(origin, 120), verified.checkpointSize),
    text.receipt.inclusion(verified.leaves.length),
    text.receipt.order,
    ...(openings > 0 ? [text.receipt.openings(openings)] : []),
    ...(verified.keyPinned ? [text.receipt.pinned] : []),
  ]
  return (
    <div role="status" className="rounded-lg border border-ok bg-ok-wash p-6">
      <p className="text-2xl font-bold tracking-tight text-ok">
        <span aria-hidden="true">✓ </span>
        {text.receipt.good}
      </p>
      <p className="mt-1">{text.receipt.goodHelp}</p>
      <ul className="mt-4 space-y-1 text-sm">
        {steps.map((step) => (
          <li key={step} className="flex gap-2">
            <span aria-hidden="true" className="text-ok">
              ✓
            </span>
            {step}
          </li>
        ))}
      </ul>
      {!verified.keyPinned && <p className="mt-3 font-semibold text-warn">{text.receipt.notPinned}</p>}
    </div>
  )
}
