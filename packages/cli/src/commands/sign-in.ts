import { setTimeout as pause } from 'node:timers/promises'
import type { Ambit } from '@ambit/sdk/client'
import type { SignInStatus } from '@ambit/sdk/sign-ins'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { shown } from '../text.ts'

interface SignInOptions {
  readonly wait?: boolean
  readonly forget?: boolean
}

/** Longer than browsers take addresses; cut, it would lead nowhere. */
const addressCharactersMax = 8000
/** A person looks at the terminal again about as often. */
const lookEveryMs = 2000

/** Signing in to servers that want it. */
export function signInCommands(program: Command, context: Context): void {
  context
    .command(program, 'sign-in <slug>', 'sign in to the server of a record', 'sign-in mailer --wait')
    .option('--wait', 'wait until you did')
    .option('--forget', 'forget your sign-in instead')
    .action(async (slug: string, options: SignInOptions) => {
      const ambit = await context.ambit()
      if (options.forget === true) {
        await ambit.signIns.forget(slug)
        context.reply({ text: `Your sign-in to ${slug} is forgotten.`, json: { slug, signedIn: false } })
        return
      }
      const address = signInAddress(await ambit.signIns.begin(slug))
      const text = `Open this in a browser that is signed in to the console:\n  ${address.url}`
      if (options.wait !== true) {
        context.reply({ text, json: { slug, ...address } })
        return
      }
      context.terminal.err(`${text}\n`)
      const status = await signedIn({ ambit, now: () => context.terminal.now() }, slug, address.expires)
      context.reply({ text: `You are signed in to ${slug}.`, json: { slug, ...status } })
    })
}

/** The address as it may be printed: what a server named, without anything that could steer a terminal. */
export function signInAddress(given: unknown): { readonly url: string; readonly expires: string } {
  const { url, expires } = given as { url: string; expires: string }
  return { url: shown(url, addressCharactersMax), expires }
}

/** Looks until the sign-in that was begun is over. */
async function signedIn(
  { ambit, now }: { readonly ambit: Ambit; readonly now: () => number },
  slug: string,
  expires: string,
): Promise<SignInStatus> {
  const before = await ambit.signIns.status(slug)
  while (now() < Date.parse(expires)) {
    await pause(lookEveryMs)
    const status = await ambit.signIns.status(slug)
    if (status.signedIn && status.since !== before.since) return status
  }
  throw new Refusal(
    `nobody signed in to ${slug} in time`,
    'Begin again, and sign in before the time is over.',
  )
}
