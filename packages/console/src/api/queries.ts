import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { getReceipt, getStatus, listActs } from './acts.ts'
import { getApproval, listApprovals } from './approvals.ts'
import { getMe, listPeople } from './identity.ts'
import { getMandate, listMandates } from './mandates.ts'
import { getRecord, listRecords } from './records.ts'
import { getSignIn } from './sign-ins.ts'

/** The first word of each key is what an event of the node makes stale. */
export const queries = {
  me: () => queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => getMe(signal), staleTime: 60_000 }),
  people: () => queryOptions({ queryKey: ['people'], queryFn: ({ signal }) => listPeople(signal) }),
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
  approvals: (state: 'pending' | undefined) =>
    queryOptions({
      queryKey: ['approvals', state ?? 'all'],
      queryFn: ({ signal }) => listApprovals(state, signal),
    }),
  approval: (id: string) =>
    queryOptions({ queryKey: ['approvals', 'one', id], queryFn: ({ signal }) => getApproval(id, signal) }),
  acts: () =>
    infiniteQueryOptions({
      queryKey: ['acts'],
      queryFn: ({ signal, pageParam }) => listActs(pageParam, signal),
      initialPageParam: undefined as number | undefined,
      getNextPageParam: (last) => last.next,
    }),
  receipt: (act: string) =>
    queryOptions({ queryKey: ['receipt', act], queryFn: ({ signal }) => getReceipt(act, signal) }),
}
