import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { getAgentIdentity, getRecoveries } from './agent-keys.ts'
import { getReceipt, getStatus, listActs } from './acts.ts'
import { getApproval, getApprovalForm, getApprovalLists, listApprovals } from './approvals.ts'
import { getRevocationList, listCertificates } from './certificates.ts'
import { listChannels } from './channels.ts'
import { getConsent } from './consents.ts'
import { listDomains } from './domains.ts'
import { getDigest, listFeed } from './feed.ts'
import type { FeedFilter } from './feed.ts'
import { getMe, listPeople } from './identity.ts'
import { getMandate, listMandates } from './mandates.ts'
import { listOrganizations } from './organizations.ts'
import { listPasskeys } from './passkeys.ts'
import { getPlan, listPlans } from './plans.ts'
import { listPrograms } from './programs.ts'
import { getDecommissioned, getReview, listComments } from './record-life.ts'
import { getRecord, listRecords } from './records.ts'
import { listRules } from './rules.ts'
import { listScans } from './scans.ts'
import { listSessions } from './sessions.ts'
import { getSignIn } from './sign-ins.ts'
import { listStandingApprovals } from './standing-approvals.ts'
import { listStops } from './stops.ts'
import { listTakedowns } from './takedowns.ts'
import { listTokens } from './tokens.ts'
import { listTransfers } from './transfers.ts'

/** How often a scan under way is looked at. */
const scanMs = 700

/** The first word of each key is what an event of the node makes stale. */
export const queries = {
  me: () => queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => getMe(signal), staleTime: 60_000 }),
  people: () => queryOptions({ queryKey: ['people'], queryFn: ({ signal }) => listPeople(signal) }),
  passkeys: () => queryOptions({ queryKey: ['passkeys'], queryFn: ({ signal }) => listPasskeys(signal) }),
  sessions: () => queryOptions({ queryKey: ['sessions'], queryFn: ({ signal }) => listSessions(signal) }),
  channels: () => queryOptions({ queryKey: ['channels'], queryFn: ({ signal }) => listChannels(signal) }),
  tokens: () => queryOptions({ queryKey: ['tokens'], queryFn: ({ signal }) => listTokens(signal) }),
  organizations: () =>
    queryOptions({ queryKey: ['organizations'], queryFn: ({ signal }) => listOrganizations(signal) }),
  programs: () => queryOptions({ queryKey: ['programs'], queryFn: ({ signal }) => listPrograms(signal) }),
  /** Asked once: what a person is deciding about does not change under their hands. */
  consent: (id: string) =>
    queryOptions({
      queryKey: ['consent', id],
      queryFn: ({ signal }) => getConsent(id, signal),
      staleTime: Infinity,
    }),
  scans: () =>
    queryOptions({
      queryKey: ['scans'],
      queryFn: ({ signal }) => listScans(signal),
      refetchInterval: ({ state }) =>
        state.data?.scans.some((scan) => scan.state === 'running') === true ? scanMs : false,
    }),
  status: () => queryOptions({ queryKey: ['status'], queryFn: ({ signal }) => getStatus(signal) }),
  records: (search: string, state: string | undefined) =>
    infiniteQueryOptions({
      queryKey: ['records', search, state ?? ''],
      queryFn: ({ signal, pageParam }) => listRecords({ search, state, cursor: pageParam }, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  record: (slug: string) =>
    queryOptions({ queryKey: ['record', slug], queryFn: ({ signal }) => getRecord(slug, signal) }),
  // What hangs on a record stands under its key, so that an event of the record makes it stale as well.
  agentIdentity: (slug: string) =>
    queryOptions({
      queryKey: ['record', slug, 'keys'],
      queryFn: ({ signal }) => getAgentIdentity(slug, signal),
    }),
  recordCertificates: (slug: string) =>
    queryOptions({
      queryKey: ['record', slug, 'certificates'],
      queryFn: ({ signal }) => listCertificates(slug, signal),
    }),
  comments: (slug: string) =>
    queryOptions({
      queryKey: ['record', slug, 'comments'],
      queryFn: ({ signal }) => listComments(slug, signal),
    }),
  decommissioned: (slug: string) =>
    queryOptions({
      queryKey: ['record', slug, 'decommission'],
      queryFn: ({ signal }) => getDecommissioned(slug, signal),
    }),
  recoveries: () =>
    queryOptions({ queryKey: ['record', '', 'recoveries'], queryFn: ({ signal }) => getRecoveries(signal) }),
  certificates: () =>
    queryOptions({
      queryKey: ['certificates'],
      queryFn: ({ signal }) => listCertificates(undefined, signal),
    }),
  revocationList: () =>
    queryOptions({
      queryKey: ['certificates', 'list'],
      queryFn: ({ signal }) => getRevocationList(signal),
    }),
  domains: () => queryOptions({ queryKey: ['domains'], queryFn: ({ signal }) => listDomains(signal) }),
  review: () => queryOptions({ queryKey: ['review'], queryFn: ({ signal }) => getReview(signal) }),
  transfers: () =>
    queryOptions({ queryKey: ['records', 'transfers'], queryFn: ({ signal }) => listTransfers(signal) }),
  takedowns: () => queryOptions({ queryKey: ['takedowns'], queryFn: ({ signal }) => listTakedowns(signal) }),
  signIn: (slug: string) =>
    queryOptions({ queryKey: ['record', slug, 'sign-in'], queryFn: ({ signal }) => getSignIn(slug, signal) }),
  mandates: () =>
    infiniteQueryOptions({
      queryKey: ['mandates', 'list'],
      queryFn: ({ signal, pageParam }) => listMandates(pageParam, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  mandate: (id: string) =>
    queryOptions({ queryKey: ['mandates', 'one', id], queryFn: ({ signal }) => getMandate(id, signal) }),
  approvals: (state: 'pending' | 'held' | undefined) =>
    queryOptions({
      queryKey: ['approvals', state ?? 'all'],
      queryFn: ({ signal }) => listApprovals(state, signal),
    }),
  approval: (id: string) =>
    queryOptions({ queryKey: ['approvals', 'one', id], queryFn: ({ signal }) => getApproval(id, signal) }),
  approvalForm: (id: string, digest: string) =>
    queryOptions({
      queryKey: ['approval-form', id, digest],
      queryFn: ({ signal }) => getApprovalForm(id, signal),
      // What a person types must not be taken from under their hands, and the agent's values are not kept.
      staleTime: Infinity,
      gcTime: 0,
    }),
  approvalLists: () =>
    queryOptions({
      queryKey: ['approvals', 'together'],
      queryFn: ({ signal }) => getApprovalLists(signal),
    }),
  plans: () => queryOptions({ queryKey: ['approvals', 'plans'], queryFn: ({ signal }) => listPlans(signal) }),
  plan: (id: string) =>
    queryOptions({ queryKey: ['approvals', 'plans', id], queryFn: ({ signal }) => getPlan(id, signal) }),
  standingApprovals: () =>
    infiniteQueryOptions({
      queryKey: ['approvals', 'standing'],
      queryFn: ({ signal, pageParam }) => listStandingApprovals(pageParam, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  acts: () =>
    infiniteQueryOptions({
      queryKey: ['acts'],
      queryFn: ({ signal, pageParam }) => listActs(pageParam, signal),
      initialPageParam: undefined as number | undefined,
      getNextPageParam: (last) => last.next,
    }),
  feed: (filter: FeedFilter) =>
    infiniteQueryOptions({
      queryKey: ['feed', 'list', filter],
      queryFn: ({ signal, pageParam }) => listFeed(filter, pageParam, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  digest: (days: number) =>
    queryOptions({ queryKey: ['feed', 'digest', days], queryFn: ({ signal }) => getDigest(days, signal) }),
  rules: () =>
    infiniteQueryOptions({
      queryKey: ['rules'],
      queryFn: ({ signal, pageParam }) => listRules(pageParam, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.next,
    }),
  stops: () => queryOptions({ queryKey: ['stops'], queryFn: ({ signal }) => listStops(signal) }),
  receipt: (act: string) =>
    queryOptions({ queryKey: ['receipt', act], queryFn: ({ signal }) => getReceipt(act, signal) }),
}
