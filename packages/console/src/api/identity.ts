import { call } from './call.ts'
import type { Me, Person, RoleName, SignInLink } from './types.ts'

export async function signIn(token: string): Promise<Me> {
  const { me } = await call<{ me: Me }>('POST', '/sign-in', { body: { token, client: 'console' } })
  return me
}

export async function signOut(): Promise<void> {
  await call('POST', '/sign-out')
}

export async function getMe(signal?: AbortSignal): Promise<Me> {
  return await call<Me>('GET', '/me', signal === undefined ? {} : { signal })
}

export async function listPeople(signal: AbortSignal): Promise<readonly Person[]> {
  const { people } = await call<{ people: readonly Person[] }>('GET', '/people', { signal })
  return people
}

export async function addPerson(person: {
  readonly name: string
  readonly roles: readonly RoleName[]
}): Promise<SignInLink & { readonly person: Person }> {
  return await call('POST', '/people', { body: person })
}

/** No roles takes all access of the person away at once. */
export async function changePerson(
  id: string,
  change: { readonly name: string; readonly roles: readonly RoleName[] },
): Promise<Person> {
  return await call<Person>('PATCH', `/people/${encodeURIComponent(id)}`, { body: change })
}

/** Earlier links of the person that nobody used end. */
export async function makeSignInLink(person: string): Promise<SignInLink> {
  return await call<SignInLink>('POST', `/people/${encodeURIComponent(person)}/sign-in-link`)
}
