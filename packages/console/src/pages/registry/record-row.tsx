import { Link } from '@tanstack/react-router'
import type { RecordSummary } from '../../api/types.ts'
import type { Dictionary } from '../../i18n/en.ts'
import { useText } from '../../i18n/language.tsx'
import { ForeignText } from '../../ui/foreign-text.tsx'
import { StateLabel, Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { addressOf, stateTones } from './record-state.ts'

const titleCharactersMax = 90

/** One record in the list: who it is on the left, how it stands on the right. */
export function RecordRow({ record }: { readonly record: RecordSummary }) {
  const text = useText()
  return (
    <li className="relative grid gap-x-6 gap-y-2 px-4 py-4 hover:bg-sunken md:grid-cols-[minmax(0,1fr)_18rem_8rem] md:items-center md:px-6">
      <div className="min-w-0">
        <Link
          to="/registry/$slug"
          params={{ slug: addressOf(record) }}
          className="text-lg leading-snug font-bold tracking-tight after:absolute after:inset-0"
        >
          <ForeignText charactersMax={titleCharactersMax}>{record.title}</ForeignText>
        </Link>
        <p className="mt-0.5 flex flex-wrap gap-x-3 text-sm text-muted">
          <code className="font-mono text-[0.8125rem] leading-5">{visibleString(record.slug, 63)}</code>
          <span>{text.kinds[record.kind]}</span>
          <span>{record.protocols.map((protocol) => protocolNames[protocol]).join(', ')}</span>
          <span>{capabilityCount(record, text)}</span>
        </p>
      </div>
      <div className="flex flex-wrap gap-1.5 max-md:empty:hidden md:justify-end">
        {record.liveness === 'dead' && <Tag tone="danger">{text.liveness.states.dead}</Tag>}
        {record.liveness === 'failing' && <Tag tone="warn">{text.liveness.states.failing}</Tag>}
        {record.held > 0 && <Tag tone="danger">{text.registry.held(record.held)}</Tag>}
        {record.proposals > 0 && <Tag tone="warn">{text.registry.proposals(record.proposals)}</Tag>}
        {record.tier === 'high' && <Tag>{text.registry.highRisk}</Tag>}
        {record.certified && <Tag tone="accent">{text.registry.certified}</Tag>}
      </div>
      <div className="flex items-center justify-between gap-3 md:flex-col md:items-end md:gap-0.5">
        <StateLabel tone={stateTones[record.state]}>{text.states[record.state]}</StateLabel>
        <span className="text-[0.8125rem] text-muted">
          <span className="sr-only">{text.registry.updated} </span>
          <Time at={record.updated} form="date" />
        </span>
      </div>
    </li>
  )
}

/** Servers have tools; what agents can do is called otherwise. */
export function capabilityCount({ kind, tools }: RecordSummary, text: Dictionary): string {
  return kind === 'tool-server' ? text.registry.tools(tools) : text.registry.abilities(tools)
}

export const protocolNames = { mcp: 'MCP', a2a: 'A2A', aip: 'AIP', anp: 'ANP', openai: 'OpenAI' }
