/** A device with a screen lock, as the browser's tools simulate one. */
export const authenticator = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
} as const

/** What of a browser the page below uses. */
interface Credentials {
  create(options: unknown): Promise<{ toJSON(): unknown }>
  get(options: unknown): Promise<unknown>
}
declare const navigator: { readonly credentials: Credentials }
declare const PublicKeyCredential: { parseCreationOptionsFromJSON(json: unknown): unknown }

/** In the page: makes a passkey by the API. */
export async function addPasskey(): Promise<void> {
  const asked = await fetch('/api/passkeys/options', { method: 'POST' })
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await asked.json())
  const made = await navigator.credentials.create({ publicKey })
  const body = JSON.stringify({ name: 'browser', response: made.toJSON() })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch('/api/passkeys', { method: 'POST', headers, body })
  if (!answer.ok) throw new Error(await answer.text())
}

/** In the page: the person closes the dialog of their device. */
export function answerNothing(): void {
  const { credentials } = navigator
  credentials.get = async () => {
    throw new DOMException('closed', 'NotAllowedError')
  }
}
