import { Link } from '@tanstack/react-router'
import type { ImportPreview, ImportResult } from '../../api/formats.ts'
import { useLanguage, useText } from '../../i18n/language.tsx'
import { Folded } from '../../ui/folded.tsx'
import { ForeignBlock, ForeignText } from '../../ui/foreign-text.tsx'
import { Tag } from '../../ui/tag.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { protocolNames } from './record-row.tsx'

const shownResults = 10
const shownCapabilities = 8
const shownInterfaces = 3

/** What became, or would become, of each agent that a document describes. */
export function ImportResults({ results }: { readonly results: readonly ImportResult[] }) {
  const text = useText().importing
  return (
    <Folded items={results} shown={shownResults}>
      {(shown) => (
        <ul className="space-y-3">
          {shown.map(({ name, slug, preview, problem }, at) => (
            <li key={at} className="rounded-md border border-line p-4">
              {preview !== undefined && <Preview preview={preview} />}
              {preview === undefined && (
                <p className="font-bold">
                  {slug === undefined ? (
                    <ForeignText charactersMax={100}>{name}</ForeignText>
                  ) : (
                    <Link to="/registry/$slug" params={{ slug }} className="text-accent underline">
                      <ForeignText charactersMax={100}>{name}</ForeignText>
                    </Link>
                  )}
                </p>
              )}
              {problem !== undefined && (
                <p className="mt-1 text-sm">
                  <Tag tone="danger">{text.refused}</Tag> {visibleString(problem.detail, 300)}
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </Folded>
  )
}

function Preview({ preview }: { readonly preview: ImportPreview }) {
  const { language, text } = useLanguage()
  const { name, format, kind, version, provider, description, interfaces, capabilities, remarks } = preview
  return (
    <>
      <p className="text-lg leading-snug font-bold">
        <ForeignText charactersMax={100}>{name[language] ?? name.en ?? name.zh ?? ''}</ForeignText>
      </p>
      <p className="flex flex-wrap gap-x-3 text-sm text-muted">
        <span>{text.exporting.formats[format]}</span>
        <span>{text.kinds[kind]}</span>
        <span>
          {text.record.version} {visibleString(version, 40)}
        </span>
        {provider !== '' && (
          <span>
            {text.importing.by} <ForeignText charactersMax={100}>{provider}</ForeignText>
          </span>
        )}
      </p>
      <div className="my-3 text-sm">
        {description === '' ? (
          <p className="text-muted">{text.importing.nothingSaid}</p>
        ) : (
          <ForeignBlock charactersMax={600}>{description}</ForeignBlock>
        )}
      </div>
      <Folded items={interfaces} shown={shownInterfaces}>
        {(shown) => (
          <ul className="text-sm">
            {shown.map(({ protocol, version: spoken, url }, at) => (
              <li key={at}>
                {protocolNames[protocol]} {visibleString(spoken, 30)}{' '}
                <span className="font-mono text-[0.8125rem] text-muted">
                  <ForeignText charactersMax={160}>{url}</ForeignText>
                </span>
              </li>
            ))}
          </ul>
        )}
      </Folded>
      {capabilities.length > 0 && (
        <>
          <p className="small-label mt-3">
            {text.record.capabilities} {capabilities.length}
          </p>
          <Folded items={capabilities} shown={shownCapabilities}>
            {(shown) => (
              <ul className="flex flex-wrap gap-x-4 text-sm">
                {shown.map(({ id, name: called }) => (
                  <li key={id}>
                    <ForeignText charactersMax={80}>{called === '' ? id : called}</ForeignText>
                  </li>
                ))}
              </ul>
            )}
          </Folded>
          <p className="text-sm text-muted">{text.importing.strictest}</p>
        </>
      )}
      {remarks.length > 0 && (
        <ul className="mt-3 list-disc rounded-md bg-warn-wash py-2 pr-3 pl-7 text-sm">
          {remarks.map((remark) => (
            <li key={remark}>
              <ForeignText charactersMax={400}>{remark}</ForeignText>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
