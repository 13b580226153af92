import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.ts'
import type { RevocationListInfo } from '../../api/certificates.ts'
import { useText } from '../../i18n/language.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Fact, Page, Section } from '../../ui/page.tsx'
import { StateLabel } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { downloadText } from '../receipts/download.ts'
import { fingerprintsOf } from './fingerprints.ts'
import { OwnCertificates } from './own-certificates.tsx'

/** What peers need to believe the agents of this node, and what the authority gave and took back. */
export function AuthorityPage() {
  const text = useText().authority
  const certificates = useQuery(queries.certificates())
  const list = useQuery(queries.revocationList())
  return (
    <Page title={text.title} lead={text.lead}>
      <div className="grid gap-x-10 lg:grid-cols-2">
        <Section title={text.roots}>
          <p className="mb-3 text-muted">{text.rootsHelp}</p>
          <Loaded query={certificates}>{({ trustBundle }) => <Roots bundle={trustBundle} />}</Loaded>
        </Section>
        <Section title={text.list}>
          <p className="mb-3 text-muted">{text.listHelp}</p>
          <Loaded query={list}>{(info) => <ListState info={info} />}</Loaded>
        </Section>
      </div>
      <Section title={text.certificates}>
        <Loaded query={certificates}>
          {({ certificates: given }) => <OwnCertificates certificates={given} />}
        </Loaded>
      </Section>
    </Page>
  )
}

function Roots({ bundle }: { readonly bundle: string }) {
  const text = useText().authority
  const { data: prints = [] } = useQuery({
    queryKey: ['fingerprints', bundle],
    queryFn: () => fingerprintsOf(bundle),
    staleTime: Infinity,
  })
  return (
    <>
      <ol className="panel divide-y divide-line">
        {prints.map((print, at) => (
          <li key={print} className="px-4 py-2.5 md:px-5">
            <span className="font-semibold">{at === 0 ? text.own : text.foreign}</span>
            <div className="font-mono text-[0.8125rem] leading-5 break-all text-muted">
              {text.fingerprint} {print}
            </div>
          </li>
        ))}
      </ol>
      <Button className="mt-3" onClick={() => downloadText('roots.pem', bundle)}>
        {text.downloadRoots}
      </Button>
    </>
  )
}

function ListState({ info }: { readonly info: RevocationListInfo }) {
  const text = useText().authority
  const isStale = Date.parse(info.nextUpdate) < Date.now()
  return (
    <>
      <dl className="panel px-4 py-1 md:px-5">
        <Fact name={text.number}>
          {info.crlNumber} <span className="text-muted">· {text.entries(info.revokedCount)}</span>
        </Fact>
        <Fact name={text.made}>
          <Time at={info.thisUpdate} form="short" />
        </Fact>
        <Fact name={text.next}>
          <Time at={info.nextUpdate} form="short" />
        </Fact>
      </dl>
      <p className="mt-2">
        <StateLabel tone={isStale ? 'danger' : 'ok'}>
          <span className="whitespace-normal">{isStale ? text.stale : text.current}</span>
        </StateLabel>
      </p>
      <a href="/acps-atr-v2/crl/current/pem" download="revoked.pem" className={`${buttonClass()} mt-3`}>
        {text.downloadList}
      </a>
    </>
  )
}
