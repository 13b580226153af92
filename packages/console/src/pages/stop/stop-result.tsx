import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ApiProblem } from '../../api/call.ts'
import { getStopProof } from '../../api/stops.ts'
import type { Stopped, StopProof } from '../../api/stops.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Problem } from '../../ui/problem.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { canVerify } from '../receipts/can-verify.ts'
import { downloadText } from '../receipts/download.ts'
import type { Examined } from '../verify/examined.ts'

/** Acts named at once; the receipt of the stop has all of them. */
const actsShownMax = 20
const retriesMax = 3

/** How far a stop reached: how many acts it ended, each with its receipt, and the receipt of the stop itself. */
export function StopResult({ stopped }: { readonly stopped: Stopped }) {
  const text = useText()
  const acts = stopped.acts.slice(0, actsShownMax)
  return (
    <div>
      <p role="status" className="text-lg font-semibold">
        {text.stop.reached(stopped.stopped, Math.ceil(stopped.tookMs))}
      </p>
      {acts.length > 0 && (
        <>
          <h3 className="small-label mt-4">{text.stop.actReceipts}</h3>
          <ul className="flex flex-wrap gap-x-5 gap-y-1">
            {acts.map((act) => (
              <li key={act}>
                <Link to="/receipts/$act" params={{ act }} className="text-accent underline">
                  <ShortId>{act}</ShortId>
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
      <Receipt stop={stopped.stop.id} />
    </div>
  )
}

interface Checked {
  readonly proof: StopProof
  readonly verdict: Examined
}

/** Checked here, against the key that the node names, before it is shown. */
async function provenStop(stop: string): Promise<Checked> {
  const proof = await getStopProof(stop)
  if (!(await canVerify())) return { proof, verdict: { kind: 'cannot' } }
  const { examine } = await import('../verify/examine.ts')
  return { proof, verdict: await examine({ document: proof.proof, trust: proof.vkey, entry: proof.entry }) }
}

function Receipt({ stop }: { readonly stop: string }) {
  const text = useText()
  const checked = useMutation({
    mutationFn: async () => await provenStop(stop),
    // In the first moment its entry may still be on its way to the log.
    retry: (count, error) => count < retriesMax && error instanceof ApiProblem && error.status === 404,
  })
  return (
    <section className="mt-5 border-t border-line pt-4">
      <h3 className="font-bold">{text.stop.proof}</h3>
      <p className="text-sm text-muted">{text.stop.proofHelp}</p>
      {checked.data === undefined ? (
        <Button size="small" className="mt-3" disabled={checked.isPending} onClick={() => checked.mutate()}>
          {checked.isPending ? text.stop.checking : text.stop.getProof}
        </Button>
      ) : (
        <Proof stop={stop} checked={checked.data} />
      )}
      {checked.error !== null && (
        <div className="mt-3">
          <Problem error={checked.error} />
        </div>
      )}
    </section>
  )
}

interface ProofProps {
  readonly stop: string
  readonly checked: Checked
}

function Proof({ stop, checked: { proof, verdict } }: ProofProps) {
  const text = useText()
  return (
    <>
      <p role="status" className="mt-3">
        <VerdictWords verdict={verdict} />
      </p>
      <p className="mt-1 text-sm text-muted">
        {text.stop.proofOf(proof.index)} · {visibleString(proof.origin, 120)}
      </p>
      <pre className="mt-2 max-h-44 overflow-auto rounded-md bg-sunken p-3 font-mono text-[0.8125rem] leading-5 whitespace-pre-wrap">
        {visibleString(pretty(proof.entry), 10_000)}
      </pre>
      <p className="mt-3 flex flex-wrap gap-2">
        <Button size="small" onClick={() => downloadText(`${stop}.tlog-proof`, proof.proof)}>
          {text.stop.keepProof}
        </Button>
        <Button size="small" onClick={() => downloadText(`${stop}.json`, proof.entry)}>
          {text.stop.keepEntry}
        </Button>
      </p>
    </>
  )
}

function VerdictWords({ verdict }: { readonly verdict: Examined }) {
  const text = useText()
  if (verdict.kind === 'cannot') return <StateLabel tone="quiet">{text.stop.cannot}</StateLabel>
  if (verdict.kind === 'proof' && verdict.included)
    return <span className="font-semibold text-ok">{text.stop.holds}</span>
  const reason = 'reason' in verdict ? verdict.reason : verdict.kind
  return (
    <span className="font-semibold text-danger">
      {text.stop.holdsNot} {visibleString(reason, 200)}
    </span>
  )
}

function pretty(entry: string): string {
  try {
    return JSON.stringify(JSON.parse(entry), undefined, 2)
  } catch {
    // Shown as it came.
    return entry
  }
}
