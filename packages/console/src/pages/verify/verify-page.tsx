import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useText } from '../../i18n/language.tsx'
import { WordMark } from '../../ui/mark.tsx'
import { Page } from '../../ui/page.tsx'
import { LanguageSwitch } from '../frame/language-switch.tsx'
import { canVerify } from '../receipts/can-verify.ts'
import { DropField } from './drop-field.tsx'
import type { Evidence, Examined } from './examined.ts'
import { Findings } from './findings.tsx'

/** Typing settles for so long before it is checked. */
const settleMs = 200

/**
 * Checks a receipt, a proof file or a promise for anybody, signed in or not. Everything happens in this browser; the
 * node that serves the page is not asked.
 */
export function VerifyPage() {
  const text = useText()
  const [document, setDocument] = useState('')
  const [trust, setTrust] = useState('')
  const [entry, setEntry] = useState('')
  const examined = useExamined({ document, trust, entry })
  const isProof = document.trimStart().startsWith('c2sp.org/tlog-proof@')
  return (
    <div className="mx-auto flex min-h-dvh max-w-4xl flex-col px-4 md:px-8">
      <header className="flex min-h-16 items-center justify-between">
        <Link to="/" aria-label="Ambit" className="rounded-sm">
          <WordMark />
        </Link>
        <LanguageSwitch />
      </header>
      <main className="grow py-8 md:py-14">
        <Page title={text.verify.title} lead={text.verify.lead}>
          <div className="space-y-5">
            <DropField
              label={text.verify.document}
              help={text.verify.documentHelp}
              value={document}
              onChange={setDocument}
              rows={8}
            />
            {isProof && (
              <DropField
                label={text.verify.entry}
                help={text.verify.entryHelp}
                value={entry}
                onChange={setEntry}
                rows={4}
              />
            )}
            <DropField
              label={text.verify.trust}
              help={text.verify.trustHelp}
              value={trust}
              onChange={setTrust}
              rows={3}
            />
          </div>
          <div className="mt-8">{examined !== undefined && <Findings examined={examined} />}</div>
        </Page>
      </main>
    </div>
  )
}

/** The newest finding; undefined while nothing was brought. */
function useExamined({ document, trust, entry }: Evidence): Examined | undefined {
  const [examined, setExamined] = useState<Examined>()
  // Fetched with the page, so that it also works for somebody who goes off line before bringing anything.
  useEffect(() => void import('./examine.ts'), [])
  useEffect(() => {
    let current = true
    const timer = setTimeout(() => {
      async function show(): Promise<void> {
        const found = document.trim() === '' ? undefined : await look({ document, trust, entry })
        if (current) setExamined(found)
      }
      void show()
    }, settleMs)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [document, trust, entry])
  return examined
}

async function look(evidence: Evidence): Promise<Examined> {
  if (!(await canVerify())) return { kind: 'cannot' }
  const { examine } = await import('./examine.ts')
  return await examine(evidence)
}
