/** The cookie in which the console carries its session. */
export const sessionCookieName = 'ambit_session'

/** `Set-Cookie` that keeps a session in the browser: out of reach of scripts and of other sites. */
export function sessionCookie(session: string, lifeMs: number, origin: string): string {
  return cookie(session, Math.floor(lifeMs / 1000), origin)
}

/** `Set-Cookie` that makes the browser forget the session. */
export function endedSessionCookie(origin: string): string {
  return cookie('', 0, origin)
}

function cookie(value: string, maxAgeS: number, origin: string): string {
  const secure = origin.startsWith('https:') ? '; Secure' : ''
  return `${sessionCookieName}=${value}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${secure}`
}
