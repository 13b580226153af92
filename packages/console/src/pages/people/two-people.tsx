import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { setRecoveryPeople } from '../../api/agent-keys.ts'
import { queries } from '../../api/queries.ts'
import { setReview } from '../../api/record-life.ts'
import { useText } from '../../i18n/language.tsx'
import { Section } from '../../ui/page.tsx'
import { Problem } from '../../ui/problem.tsx'
import { Tick } from '../../ui/tick.tsx'

/** What one person alone may not do in the organisation; an owner says so. */
export function TwoPeople() {
  const text = useText().review
  const client = useQueryClient()
  const { data: review } = useQuery(queries.review())
  const { data: recoveries } = useQuery(queries.recoveries())
  const forVersions = useMutation({
    mutationFn: (twoPeople: boolean) => setReview({ twoPeople }),
    onSettled: () => client.invalidateQueries({ queryKey: queries.review().queryKey }),
  })
  const forKeys = useMutation({
    mutationFn: (two: boolean) => setRecoveryPeople(two ? 2 : 1),
    onSettled: () => client.invalidateQueries({ queryKey: queries.recoveries().queryKey }),
  })
  const problem = forVersions.error ?? forKeys.error
  if (review === undefined || recoveries === undefined) return null
  return (
    <div className="mt-10">
      <Section title={text.rule}>
        <p className="mb-3 text-muted">{text.ruleHelp}</p>
        <div className="panel px-4 py-2 md:px-6">
          <Tick state={review.twoPeople} onTick={(ticked) => forVersions.mutate(ticked)}>
            {text.ruleActivate}
          </Tick>
          <Tick state={recoveries.people === 2} onTick={(ticked) => forKeys.mutate(ticked)}>
            {text.ruleRecover}
          </Tick>
        </div>
        {problem !== null && (
          <div className="mt-3">
            <Problem error={problem} />
          </div>
        )}
      </Section>
    </div>
  )
}
