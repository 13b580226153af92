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
import { Frame } from './pages/frame/frame.tsx'
import { LostPage, TroublePage } from './pages/frame/lost-page.tsx'
import { MandatePage } from './pages/mandates/mandate-page.tsx'
import { MandatesPage } from './pages/mandates/mandates-page.tsx'
import { NewMandatePage } from './pages/mandates/new-mandate-page.tsx'
import { ReceiptPage } from './pages/receipts/receipt-page.tsx'
import { ReceiptsPage } from './pages/receipts/receipts-page.tsx'
import { RecordPage } from './pages/registry/record-page.tsx'
import { RegistryPage } from './pages/registry/registry-page.tsx'
import { recordStates } from './pages/registry/record-state.ts'
import { SignInPage } from './pages/sign-in/sign-in-page.tsx'

interface Context {
  readonly client: QueryClient
}

/** Path on this site to go on to after signing in; anything that could lead elsewhere is dropped. */
export function safePath(value: unknown): string | undefined {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value) && value.length <= 500 ? value : undefined
}

const rootRoute = createRootRouteWithContext<Context>()({ component: Outlet })

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { token?: string; next?: string } => {
    const token = search['token']
    const next = safePath(search['next'])
    return {
      ...(typeof token === 'string' ? { token } : {}),
      ...(next === undefined ? {} : { next }),
    }
  },
  component: SignInPage,
})

/** Everything behind the sign-in: without a session one is led to the sign-in page and back. */
const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'home',
  beforeLoad: async ({ context, location }) => {
    try {
      await context.client.ensureQueryData({ ...queries.me(), revalidateIfStale: true })
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 401) throw error
      const next = location.pathname === '/' ? undefined : location.href
      throw redirect({ to: '/sign-in', search: next === undefined ? {} : { next } })
    }
  },
  component: Frame,
  errorComponent: TroublePage,
})

const child = { getParentRoute: () => homeRoute }

const indexRoute = createRoute({
  ...child,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/registry', search: {} })
  },
})

export interface RegistrySearch {
  readonly q?: string
  readonly state?: RecordState
}

const registryRoute = createRoute({
  ...child,
  path: '/registry',
  validateSearch: (search: Record<string, unknown>): RegistrySearch => {
    const q = search['q']
    const state = recordStates.find((each) => each === search['state'])
    return {
      ...(typeof q === 'string' && q !== '' ? { q } : {}),
      ...(state === undefined ? {} : { state }),
    }
  },
  component: RegistryPage,
})

const routes = [
  indexRoute,
  registryRoute,
  createRoute({ ...child, path: '/registry/$slug', component: RecordPage }),
  createRoute({ ...child, path: '/approvals', component: ApprovalsPage }),
  createRoute({ ...child, path: '/approvals/$id', component: ApprovalPage }),
  createRoute({ ...child, path: '/receipts', component: ReceiptsPage }),
  createRoute({ ...child, path: '/receipts/$act', component: ReceiptPage }),
  createRoute({ ...child, path: '/mandates', component: MandatesPage }),
  createRoute({ ...child, path: '/mandates/new', component: NewMandatePage }),
  createRoute({ ...child, path: '/mandates/$id', component: MandatePage }),
] as const

const routeTree = rootRoute.addChildren([signInRoute, homeRoute.addChildren(routes)])

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
