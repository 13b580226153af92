import type { QueryClient } from '@tanstack/react-query'
import {
  Outlet,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  redirect,
} from '@tanstack/react-router'
import type { RecordState } from '@ambit/core/record'
import { ApiProblem } from './api/call.ts'
import { queries } from './api/queries.ts'
import { ApprovalPage } from './pages/approvals/approval-page.tsx'
import { ApprovalsPage } from './pages/approvals/approvals-page.tsx'
import { PlanPage } from './pages/approvals/plan-page.tsx'
import { StandingPage } from './pages/approvals/standing-page.tsx'
import { AuthorityPage } from './pages/authority/authority-page.tsx'
import { DomainsPage } from './pages/domains/domains-page.tsx'
import { FoundPage } from './pages/found/found-page.tsx'
import { FeedPage } from './pages/feed/feed-page.tsx'
import { ConsentPage } from './pages/consent/consent-page.tsx'
import { Frame } from './pages/frame/frame.tsx'
import { LostPage, TroublePage } from './pages/frame/lost-page.tsx'
import { MandatePage } from './pages/mandates/mandate-page.tsx'
import { MandatesPage } from './pages/mandates/mandates-page.tsx'
import { NewMandatePage } from './pages/mandates/new-mandate-page.tsx'
import { OrganizationsPage } from './pages/organizations/organizations-page.tsx'
import { PeoplePage } from './pages/people/people-page.tsx'
import { ProgramsPage } from './pages/programs/programs-page.tsx'
import { ReceiptPage } from './pages/receipts/receipt-page.tsx'
import { ReceiptsPage } from './pages/receipts/receipts-page.tsx'
import { RecordPage } from './pages/registry/record-page.tsx'
import { RegistryPage } from './pages/registry/registry-page.tsx'
import { ServerSignInEndPage } from './pages/registry/server-sign-in-end-page.tsx'
import { ServerSignInPage } from './pages/registry/server-sign-in-page.tsx'
import { recordStates } from './pages/registry/record-state.ts'
import { RulesPage } from './pages/rules/rules-page.tsx'
import { SecurityPage } from './pages/security/security-page.tsx'
import { safePath } from './pages/sign-in/safe-path.ts'
import { SignInPage } from './pages/sign-in/sign-in-page.tsx'
import { TakedownsPage } from './pages/takedowns/takedowns-page.tsx'
import { VerifyPage } from './pages/verify/verify-page.tsx'

interface Context {
  readonly client: QueryClient
}

/*
 * What stands in the address is typed by anybody. A member that is not of its form is written as undefined, not left
 * out: the router would otherwise let the raw value through.
 */
interface SignInSearch {
  readonly token?: string | undefined
  readonly next?: string | undefined
}

interface RegistrySearch {
  readonly q?: string | undefined
  readonly state?: RecordState | undefined
}

/** The router reads `q=42` as a number; to us it is text. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

const rootRoute = createRootRouteWithContext<Context>()({ component: Outlet })

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): SignInSearch => ({
    token: textOf(search['token']),
    next: safePath(search['next']),
  }),
  component: SignInPage,
})

/** For anybody, and without asking the node anything. */
const verifyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/verify',
  component: VerifyPage,
})

interface Entered {
  readonly context: Context
  readonly location: { readonly pathname: string; readonly href: string }
}

/** Without a session one is led to the sign-in page and back. */
async function requireSession({ context, location }: Entered): Promise<void> {
  try {
    await context.client.ensureQueryData({ ...queries.me(), revalidateIfStale: true })
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 401) throw error
    const next = location.pathname === '/' ? undefined : location.href
    throw redirect({ to: '/sign-in', search: next === undefined ? {} : { next } })
  }
}

/** Everything behind the sign-in. */
const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'home',
  beforeLoad: requireSession,
  component: Frame,
  errorComponent: TroublePage,
})

/** Behind the sign-in too, but a question by itself, without ways to elsewhere. */
const aloneRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'alone',
  beforeLoad: requireSession,
  component: Outlet,
  errorComponent: TroublePage,
})

const consentRoute = createRoute({
  getParentRoute: () => aloneRoute,
  path: '/oauth/consent/$uid',
  component: ConsentPage,
})

const child = { getParentRoute: () => homeRoute }

const indexRoute = createRoute({
  ...child,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/registry', search: {} })
  },
})

const registryRoute = createRoute({
  ...child,
  path: '/registry',
  validateSearch: (search: Record<string, unknown>): RegistrySearch => ({
    q: textOf(search['q']),
    state: recordStates.find((each) => each === search['state']),
  }),
  component: RegistryPage,
})

const routes = [
  indexRoute,
  registryRoute,
  createRoute({ ...child, path: '/registry/$slug', component: RecordPage }),
  createRoute({ ...child, path: '/registry/$slug/sign-in', component: ServerSignInPage }),
  createRoute({ ...child, path: '/oauth/callback', component: ServerSignInEndPage }),
  createRoute({ ...child, path: '/approvals', component: ApprovalsPage }),
  createRoute({ ...child, path: '/approvals/standing', component: StandingPage }),
  createRoute({ ...child, path: '/approvals/plans/$id', component: PlanPage }),
  createRoute({ ...child, path: '/approvals/$id', component: ApprovalPage }),
  createRoute({ ...child, path: '/found', component: FoundPage }),
  createRoute({ ...child, path: '/feed', component: FeedPage }),
  createRoute({ ...child, path: '/rules', component: RulesPage }),
  createRoute({ ...child, path: '/receipts', component: ReceiptsPage }),
  createRoute({ ...child, path: '/receipts/$act', component: ReceiptPage }),
  createRoute({ ...child, path: '/mandates', component: MandatesPage }),
  createRoute({ ...child, path: '/people', component: PeoplePage }),
  createRoute({ ...child, path: '/organizations', component: OrganizationsPage }),
  createRoute({ ...child, path: '/domains', component: DomainsPage }),
  createRoute({ ...child, path: '/authority', component: AuthorityPage }),
  createRoute({ ...child, path: '/takedowns', component: TakedownsPage }),
  createRoute({ ...child, path: '/programs', component: ProgramsPage }),
  createRoute({ ...child, path: '/security', component: SecurityPage }),
  createRoute({ ...child, path: '/mandates/new', component: NewMandatePage }),
  createRoute({ ...child, path: '/mandates/$id', component: MandatePage }),
] as const

const routeTree = rootRoute.addChildren([
  signInRoute,
  verifyRoute,
  aloneRoute.addChildren([consentRoute]),
  homeRoute.addChildren(routes),
])

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    scrollRestoration: true,
    defaultNotFoundComponent: LostPage,
    defaultErrorComponent: TroublePage,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
