import type { ReactNode } from 'react'
import type { VerifiedLog } from '@ambit/core/receipt-log'
import { useText } from '../../i18n/language.tsx'
import { Section } from '../../ui/page.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { LeafEntry } from '../receipts/leaf-entry.tsx'
import { Openings } from '../receipts/openings.tsx'
import type { Examined, Witness } from './examined.ts'

type Of<Kind extends Examined['kind']> = Extract<Examined, { kind: Kind }>

/** What is proved, by whom, and what is not. Every text in it may be an attacker's, and is shown as text. */
export function Findings({ examined }: { readonly examined: Examined }) {
  switch (examined.kind) {
    case 'receipt':
      return <ReceiptFindings {...examined} />
    case 'promise':
      return <PromiseFindings {...examined} />
    case 'proof':
      return <ProofFindings {...examined} />
    case 'bad':
      return <Bad {...examined} />
    case 'unreadable':
      return <Unreadable {...examined} />
    default:
      return <Cannot />
  }
}

function ReceiptFindings({ verified, receipt, openings }: Of<'receipt'>) {
  const text = useText()
  const { logs, leaves, keyPinned } = verified
  const witnessed = logs.every(({ witnesses }) => witnesses.length > 0)
  const ended = leaves.some(({ leaf }) => leaf.kind === 'act.outcome' || leaf.kind === 'act.refused')
  return (
    <>
      <Good title={keyPinned ? text.receipt.good : text.verify.unnamedGood}>
        {logs.map((log) => (
          <Signed key={log.origin} log={log} />
        ))}
        <Proved>{text.receipt.inclusion(leaves.length)}</Proved>
        <Proved>{text.receipt.order}</Proved>
        {openings > 0 && <Proved>{text.receipt.openings(openings)}</Proved>}
        {keyPinned && <Proved>{text.verify.keyPinned}</Proved>}
      </Good>
      <NotProved
        lines={[
          ...(keyPinned ? [] : [text.verify.not.key]),
          ...(witnessed ? [] : [text.verify.not.witness]),
          ...(ended ? [] : [text.verify.not.end]),
          ...(openings > 0 ? [] : [text.verify.not.contents]),
          text.verify.not.truth,
        ]}
      />
      <Section title={text.verify.story}>
        <ol className="space-y-4">
          {leaves.map(({ log, index, leaf }) => (
            <LeafEntry key={`${log} ${index}`} index={index} leaf={leaf} />
          ))}
        </ol>
      </Section>
      <Openings receipt={receipt} />
    </>
  )
}

function Signed({ log }: { readonly log: VerifiedLog }) {
  const text = useText()
  return (
    <>
      <Proved>{text.receipt.signature(visibleString(log.origin, 120), log.size)}</Proved>
      <Witnesses witnesses={log.witnesses} />
    </>
  )
}

function Witnesses({ witnesses }: { readonly witnesses: readonly Witness[] }) {
  const text = useText()
  return witnesses.map(({ name, time }) => (
    <Proved key={name}>
      {text.verify.witness(visibleString(name, 80))} <Time at={new Date(time * 1000).toISOString()} />
    </Proved>
  ))
}

function PromiseFindings({ promise, keyPinned, dueAt }: Of<'promise'>) {
  const text = useText()
  const due = new Date(dueAt).toISOString()
  return (
    <>
      <Good title={text.verify.promiseGood}>
        <Proved>{text.verify.promised(visibleString(promise.log.origin, 120), promise.leaves.length)}</Proved>
        <Proved>
          {text.verify.due} <Time at={due} />
        </Proved>
        {keyPinned && <Proved>{text.verify.keyPinned}</Proved>}
      </Good>
      <NotProved lines={[...(keyPinned ? [] : [text.verify.not.key]), text.verify.not.kept]} />
      <Section title={text.verify.story}>
        <ul className="space-y-1">
          {promise.leaves.map(({ kind, index, hash }) => (
            <li key={index} className="panel p-3 text-sm">
              <p>
                {text.receipt.entry(index)} · <code className="font-mono">{visibleString(kind, 50)}</code>
              </p>
              <code className="block font-mono text-[0.8125rem] break-all text-muted">{hash}</code>
            </li>
          ))}
        </ul>
      </Section>
    </>
  )
}

function ProofFindings({ index, origin, size, witnesses, leaf, included }: Of<'proof'>) {
  const text = useText()
  return (
    <>
      <Good title={included ? text.verify.proofGood : text.verify.proofHalf}>
        <Proved>{text.receipt.signature(visibleString(origin, 120), size)}</Proved>
        <Witnesses witnesses={witnesses} />
        {included && <Proved>{text.verify.stands(index)}</Proved>}
      </Good>
      <NotProved
        lines={[
          ...(included ? [] : [text.verify.not.entry(index)]),
          ...(witnesses.length > 0 ? [] : [text.verify.not.witness]),
          text.verify.not.truth,
        ]}
      />
      {leaf !== undefined && (
        <Section title={text.verify.story}>
          <ol>
            <LeafEntry index={index} leaf={leaf} />
          </ol>
        </Section>
      )}
    </>
  )
}

function Good({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const text = useText()
  return (
    <div role="status" className="rounded-lg border border-ok bg-ok-wash p-6">
      <p className="text-2xl font-bold tracking-tight text-ok">
        <span aria-hidden="true">✓ </span>
        {title}
      </p>
      <p className="mt-1">{text.verify.here}</p>
      <h2 className="mt-4 font-bold">{text.verify.proved}</h2>
      <ul className="mt-1 space-y-1 text-sm">{children}</ul>
    </div>
  )
}

function Proved({ children }: { readonly children: ReactNode }) {
  return (
    <li className="flex gap-2">
      <span aria-hidden="true" className="text-ok">
        ✓
      </span>
      <span className="min-w-0 break-words">{children}</span>
    </li>
  )
}

function NotProved({ lines }: { readonly lines: readonly string[] }) {
  const text = useText()
  return (
    <div className="mt-4 mb-10 rounded-lg border border-warn bg-warn-wash p-6">
      <h2 className="font-bold text-warn">{text.verify.notProved}</h2>
      <ul className="mt-1 list-disc space-y-1 pl-5 text-sm">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  )
}

function Bad({ what, reason, code, where }: Of<'bad'>) {
  const text = useText()
  return (
    <div role="alert" className="rounded-lg border-2 border-danger bg-danger-wash p-6">
      <p className="text-xl font-bold text-danger">
        <span aria-hidden="true">✕ </span>
        {text.verify.bad[what]}
      </p>
      <p className="mt-1">{visibleString(reason, 300)}</p>
      {code !== undefined && (
        <p className="mt-1 font-mono text-sm">
          {code}
          {where !== undefined && ` · ${visibleString(where, 100)}`}
        </p>
      )}
    </div>
  )
}

function Unreadable({ why, detail }: Of<'unreadable'>) {
  const text = useText()
  return (
    <div role="status" className="rounded-lg border border-warn bg-warn-wash p-6">
      <p className="font-bold text-warn">{text.verify.unreadable[why]}</p>
      {detail !== undefined && <p className="mt-1">{visibleString(detail, 300)}</p>}
    </div>
  )
}

function Cannot() {
  const text = useText()
  return (
    <div role="status" className="rounded-lg border border-warn bg-warn-wash p-6">
      <p className="text-xl font-bold text-warn">{text.receipt.cannot}</p>
      <p className="mt-1">{text.receipt.cannotHelp}</p>
    </div>
  )
}
