import type { Leaf } from '@ambit/core/leaf'
import { useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { StateLabel, Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'

interface LeafEntryProps {
  readonly index: number
  readonly leaf: Leaf
}

/** One entry of the log: the few things people ask for in words, and every member as it stands there. */
export function LeafEntry({ index, leaf }: LeafEntryProps) {
  const text = useText()
  return (
    <li className="panel p-4 md:p-5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h3 className="text-lg font-bold">{text.receipt.leaves[leaf.kind]}</h3>
        <span className="text-sm text-muted">
          {text.receipt.entry(index)} · <Time at={leaf.at} />
        </span>
      </div>
      <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <Words leaf={leaf} />
      </div>
      <details className="mt-3">
        <summary className="small-label w-fit rounded-sm">{text.receipt.allFields}</summary>
        <pre className="mt-2 overflow-x-auto font-mono text-[0.8125rem] leading-5 whitespace-pre-wrap">
          {visibleString(JSON.stringify(leaf, undefined, 2), 10_000)}
        </pre>
      </details>
    </li>
  )
}

function Words({ leaf }: { readonly leaf: Leaf }) {
  const text = useText()
  switch (leaf.kind) {
    case 'act.intent':
      return (
        <>
          <Tag tone={leaf.approval === undefined ? 'quiet' : 'accent'}>
            {text.decisions[leaf.approval === undefined ? leaf.decision : 'approved']}
          </Tag>
          <code className="font-mono">
            <ForeignText charactersMax={120}>{leaf.capability}</ForeignText>
          </code>
          <span className="text-sm text-muted">
            {visibleString(leaf.in, 50)} → {visibleString(leaf.out, 50)}
          </span>
        </>
      )
    case 'act.outcome':
      return (
        <>
          <StateLabel
            tone={leaf.status === 'completed' ? 'ok' : leaf.status === 'failed' ? 'danger' : 'warn'}
          >
            {text.outcomes[leaf.status]}
          </StateLabel>
          <span className="text-sm text-muted">{text.receipts.ms(leaf.durationMs)}</span>
          {leaf.error !== undefined && (
            <code className="font-mono text-sm">{visibleString(leaf.error, 200)}</code>
          )}
        </>
      )
    case 'act.refused':
      return (
        <>
          <code className="font-mono">
            <ForeignText charactersMax={120}>{leaf.capability}</ForeignText>
          </code>
          {leaf.reasons.map((reason) => (
            <Tag key={`${reason.code} ${reason.rule}`} tone="danger">
              {visibleString(reason.code, 100)}
            </Tag>
          ))}
        </>
      )
    case 'approval':
      return <Tag tone="accent">{text.receipt.approvalSteps[leaf.step]}</Tag>
    default:
      return null
  }
}
