import { formatVkey } from '@ambit/core/log/note'
import type { KeyKind } from '@ambit/core/log/note'
import { formatPolicy, parsePolicy } from '@ambit/core/log/policy'
import { keys, lines, text, three, untimed } from './log.ts'

const { log, logPq, w1, w2, w4 } = keys
/** Short keys, for policies that are only read. */
const plain = `log ${log.vkey}\nwitness A ${w1.vkey}\nwitness B ${w2.vkey}\nwitness C ${w4.vkey}\n`

export async function policies() {
  const valid = [
    {
      name: 'no quorum',
      policy: `log ${log.vkey}\nquorum none\n`,
      accepts: [['log'], ['log', 'w1']],
      refuses: [['w1'], ['otherLog'], ['logPq']],
    },
    {
      name: 'one witness',
      policy: `log ${log.vkey}\nwitness A ${w1.vkey}\nquorum A\n`,
      accepts: [
        ['log', 'w1'],
        ['log', 'w1', 'w2'],
      ],
      refuses: [['log'], ['log', 'w2'], ['w1']],
    },
    {
      name: 'any',
      policy: `${three}group G any A B C\nquorum G\n`,
      accepts: [
        ['log', 'w1'],
        ['log', 'w3'],
      ],
      refuses: [['log']],
    },
    {
      name: 'all',
      policy: `${three}group G all A B C\nquorum G\n`,
      accepts: [['log', 'w3', 'w2', 'w1']],
      refuses: [
        ['log', 'w1', 'w2'],
        ['w1', 'w2', 'w3'],
      ],
    },
    {
      name: 'two of three',
      policy: `${three}group G 2 A B C\nquorum G\n`,
      accepts: [
        ['log', 'w1', 'w2'],
        ['log', 'w2', 'w3'],
      ],
      refuses: [
        ['log', 'w1'],
        ['log', 'w1', 'w1'],
      ],
    },
    {
      name: 'groups of groups',
      policy: `${three}group AB any A B\ngroup all all AB C\nquorum all\n`,
      accepts: [
        ['log', 'w1', 'w3'],
        ['log', 'w2', 'w3'],
      ],
      refuses: [
        ['log', 'w1', 'w2'],
        ['log', 'w3'],
      ],
    },
    {
      name: 'a quorum of a witness that stands in a group',
      policy: `${three}group G all A B\nquorum A\n`,
      accepts: [['log', 'w1']],
      refuses: [['log', 'w2']],
    },
    {
      name: 'the second key of the log',
      policy: `log ${logPq.vkey}\nquorum none\n`,
      accepts: [['logPq']],
      refuses: [['log']],
    },
    {
      name: 'two keys of one log',
      policy: `log ${log.vkey}\nlog ${logPq.vkey}\nquorum none\n`,
      accepts: [['log'], ['logPq'], ['log', 'logPq']],
      refuses: [['otherLog']],
    },
    {
      name: 'a log of another origin signs',
      policy: `log ${keys.otherLog.vkey}\nquorum none\n`,
      accepts: [],
      refuses: [['otherLog'], ['log']],
    },
    { name: 'no log', policy: 'quorum none\n', accepts: [], refuses: [['log']] },
    {
      name: 'spaces, tabs, comments, addresses and lines in another order',
      policy: `# one\n\n \t\n\t# two\nwitness\tA  ${w1.vkey} https://a.example/ \nquorum A\n  log ${log.vkey}\thttps://log.example/\t\n`,
      accepts: [['log', 'w1']],
      refuses: [['log']],
    },
    {
      name: 'names beyond ASCII are told apart by their bytes',
      policy: `log ${log.vkey}\nwitness K ${w1.vkey}\nwitness \u212a ${w2.vkey}\nquorum \u212a\n`,
      accepts: [['log', 'w2']],
      refuses: [['log', 'w1']],
    },
    {
      name: 'one key as log and as witness',
      policy: `log ${logPq.vkey}\nwitness A ${logPq.vkey}\nquorum A\n`,
      accepts: [['logPq']],
      refuses: [['log']],
    },
  ]
  const invalid = [
    ['empty', '', null],
    ['only comments', '# nothing\n\n', null],
    ['no quorum line', plain, null],
    ['two quorum lines', `${plain}quorum A\nquorum A\n`, 6],
    ['a quorum of nobody', `${plain}quorum D\n`, 5],
    ['a quorum before its group', `${plain}quorum G\ngroup G any A\n`, 5],
    ['a quorum line with two names', `${plain}quorum A B\n`, 5],
    ['a quorum line without a name', `${plain}quorum\n`, 5],
    ['a last line without a newline', `${plain}quorum A`, 5],
    ['a carriage return', `${plain}quorum A\r\n`, 5],
    ['a form feed in a comment', `# \f\n${plain}quorum A\n`, 1],
    ['a DEL in a comment', `# \u007f\n${plain}quorum A\n`, 1],
    ['another keyword', `${plain}mirror A\nquorum A\n`, 5],
    ['a keyword in capitals', `${plain}Quorum A\n`, 5],
    ['a comment at the end of a line', `${plain}quorum A # why\n`, 5],
    ['a log line without a key', 'log\nquorum none\n', 1],
    ['a log line with too much', `log ${log.vkey} https://log.example/ more\nquorum none\n`, 1],
    ['a log with a key that is no vkey', 'log abcdef\nquorum none\n', 1],
    ['a log with a key of another id', `log ${log.vkey.replace(log.keyId, '00000000')}\nquorum none\n`, 1],
    ['a log with a cosignature key', `log ${w1.vkey}\nquorum none\n`, 1],
    ['the same log twice', `log ${log.vkey}\nlog ${log.vkey} https://log.example/\nquorum none\n`, 2],
    [
      'the same log key under two names',
      `log ${log.vkey}\nlog ${await renamed(log.vkey, 'log2.example', 'ed25519')}\nquorum none\n`,
      2,
    ],
    ['a witness line without a key', 'witness A\nquorum none\n', 1],
    ['a witness line with too much', `witness A ${w1.vkey} https://a.example/ more\nquorum A\n`, 1],
    ['a witness with a key for plain notes', `witness A ${log.vkey}\nquorum A\n`, 1],
    ['the same witness key twice', `witness A ${w1.vkey}\nwitness B ${w1.vkey}\nquorum A\n`, 2],
    [
      'the same witness key under two key names',
      `witness A ${w1.vkey}\nwitness B ${await renamed(w1.vkey, 'w.example', 'cosignature')}\nquorum A\n`,
      2,
    ],
    ['a witness name twice', `witness A ${w1.vkey}\nwitness A ${w2.vkey}\nquorum A\n`, 2],
    ['a witness called none', `witness none ${w1.vkey}\nquorum none\n`, 1],
    ['a group called none', `${plain}group none any A\nquorum none\n`, 5],
    ['a group with the name of a witness', `${plain}group A any B\nquorum A\n`, 5],
    ['two groups with one name', `${plain}group G any A\ngroup G any B\nquorum G\n`, 6],
    ['a group without members', `${plain}group G any\nquorum G\n`, 5],
    ['a group without a rule', `${plain}group G\nquorum A\n`, 5],
    ['a group that asks for none of its members', `${plain}group G 0 A B\nquorum G\n`, 5],
    ['a group that asks for more than its members', `${plain}group G 3 A B\nquorum G\n`, 5],
    ['a threshold with a leading zero', `${plain}group G 02 A B\nquorum G\n`, 5],
    ['a negative threshold', `${plain}group G -1 A B\nquorum G\n`, 5],
    ['a threshold above 2^53', `${plain}group G 9007199254740993 A B\nquorum G\n`, 5],
    ['another rule', `${plain}group G most A B\nquorum G\n`, 5],
    ['a member that is not defined', `${plain}group G all A D\nquorum G\n`, 5],
    ['a member that is defined later', `log ${log.vkey}\ngroup G any A\nwitness A ${w1.vkey}\nquorum G\n`, 2],
    ['a group that is its own member', `${plain}group G any A G\nquorum G\n`, 5],
    ['a member twice in one group', `${plain}group G 2 A A\nquorum G\n`, 5],
    ['a member of two groups', `${plain}group G any A B\ngroup H any B C\nquorum G\n`, 6],
    ['none as a member', `${plain}group G any A none\nquorum G\n`, 5],
  ] as const
  const formatted = await Promise.all(
    valid.map(async (each) => ({ ...each, formatted: await format(each.policy) })),
  )
  return {
    text,
    lines: { ...lines, untimed },
    valid: formatted,
    invalid: invalid.map(([name, policy, line]) => ({ name, line, policy })),
  }
}

async function renamed(vkey: string, name: string, kind: KeyKind): Promise<string> {
  return await formatVkey(name, Uint8Array.fromBase64(vkey.split('+').slice(2).join('+')).slice(1), kind)
}

async function format(policy: string): Promise<string> {
  const parsed = await parsePolicy(policy)
  if (!parsed.ok) throw new Error(parsed.reason)
  return formatPolicy(parsed.policy)
}
