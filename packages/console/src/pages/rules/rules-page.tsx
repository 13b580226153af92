import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../../api/queries.ts'
import type { Rule } from '../../api/rules.ts'
import type { Me } from '../../api/types.ts'
import { useText } from '../../i18n/language.tsx'
import { Button } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Page, Section } from '../../ui/page.tsx'
import { visibleString } from '../../ui/visible-text.ts'
import { NewRuleDialog } from './new-rule-dialog.tsx'
import { RuleRow } from './rule-row.tsx'

/** What makes decisions stricter: the reader's own rules, the organisation's, and for owners everybody's. */
export function RulesPage() {
  const text = useText()
  const rules = useInfiniteQuery(queries.rules())
  const { data: me } = useQuery(queries.me())
  const [adding, setAdding] = useState(false)
  return (
    <Page
      title={text.rules.title}
      lead={text.rules.lead}
      above={
        <Link to="/mandates" className="mb-2 block w-fit text-sm font-semibold text-accent">
          ← {text.mandates.title}
        </Link>
      }
      actions={
        <Button kind="primary" onClick={() => setAdding(true)}>
          {text.rules.add}
        </Button>
      }
    >
      <Loaded query={rules}>
        {(data) =>
          me !== undefined && <RuleSections rules={data.pages.flatMap((page) => page.rules)} me={me} />
        }
      </Loaded>
      {rules.hasNextPage && (
        <Button disabled={rules.isFetching} onClick={() => void rules.fetchNextPage()}>
          {text.common.more}
        </Button>
      )}
      {adding && me !== undefined && <NewRuleDialog me={me} onClose={() => setAdding(false)} />}
    </Page>
  )
}

interface RuleSectionsProps {
  readonly rules: readonly Rule[]
  readonly me: Me
}

function RuleSections({ rules, me }: RuleSectionsProps) {
  const text = useText()
  const ours = rules.filter((rule) => rule.scope === 'organization')
  const mine = rules.filter((rule) => rule.scope === 'mine' && rule.person === me.person.id)
  const others = rules.filter((rule) => rule.scope === 'mine' && rule.person !== me.person.id)
  const organization = visibleString(me.organization.name, 60)
  return (
    <>
      <Rules
        title={text.rules.mine}
        help={text.rules.mineHelp}
        empty={text.rules.emptyMine}
        rules={mine}
        me={me}
      />
      <Rules
        title={text.rules.ours(organization)}
        help={text.rules.oursHelp}
        empty={text.rules.emptyOurs}
        rules={ours}
        me={me}
      />
      {others.length > 0 && <Rules title={text.rules.others} rules={others} me={me} />}
    </>
  )
}

interface RulesProps extends RuleSectionsProps {
  readonly title: string
  readonly help?: string
  readonly empty?: string
}

function Rules({ title, help, empty, rules, me }: RulesProps) {
  return (
    <Section title={title} actions={help !== undefined && <p className="text-sm text-muted">{help}</p>}>
      {rules.length === 0 ? (
        <p className="panel p-5 text-muted">{empty}</p>
      ) : (
        <ul className="panel divide-y divide-line">
          {rules.map((rule) => (
            <RuleRow key={rule.id} rule={rule} me={me} />
          ))}
        </ul>
      )}
    </Section>
  )
}
