import { base64, hex } from '@ambit/core/bytes'
import { addSignatures } from '@ambit/core/log/cosignature'
import { formatAddCheckpoint, witnessPath } from '@ambit/core/log/witness'
import { h01, h456, leaves, lines, note, origin, root, text } from './log.ts'

/** The same bytes in base64 with the bits after them set, which is not how base64 writes them. */
function loose(encoded: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  return encoded.replace(/.(?==)/, (last) => alphabet[alphabet.indexOf(last) + 1]!)
}

export async function witnessMessages() {
  const proof = [leaves[2]!, leaves[3]!, h01, h456]
  const checkpoint = note(lines.log)
  const body = formatAddCheckpoint({ oldSize: 3, proof, checkpoint })
  const request = (oldSize: number, hashes: readonly Uint8Array[]) => ({
    oldSize,
    proof: hashes.map((hash) => base64(hash)),
    origin,
    size: 7,
    root: hex(root),
  })
  return {
    requests: {
      valid: [
        { name: 'from 3 to 7', body, ...request(3, proof) },
        {
          name: 'the first one, with both signatures of the log',
          body: `old 0\n\n${addSignatures(checkpoint, [lines.logPq])}`,
          ...request(0, []),
        },
        { name: 'the same size again', body: `old 7\n\n${checkpoint}`, ...request(7, []) },
        {
          name: '63 hashes, for the witness to check',
          body: formatAddCheckpoint({
            oldSize: 1,
            proof: Array.from({ length: 63 }, () => root),
            checkpoint,
          }),
          ...request(
            1,
            Array.from({ length: 63 }, () => root),
          ),
        },
        {
          name: 'a signature in loose base64, for the witness to refuse as a bad signature',
          body: `old 7\n\n${note(loose(lines.log))}`,
          ...request(7, []),
        },
      ],
      invalid: [
        ['empty', ''],
        ['no old line', body.replace('old 3\n', '')],
        ['old in capitals', body.replace('old', 'Old')],
        ['a leading zero', body.replace('old 3', 'old 03')],
        ['a negative size', body.replace('old 3', 'old -3')],
        ['two spaces', body.replace('old 3', 'old  3')],
        ['a size above 2^53', body.replace('old 3', 'old 9007199254740993')],
        ['a size above 2^64', body.replace('old 3', 'old 18446744073709551617')],
        ['an old size above the new one', body.replace('old 3', 'old 8')],
        ['a hash of 31 bytes', body.replace(base64(proof[1]!), base64(proof[1]!.subarray(1)))],
        ['a hash in loose base64', body.replace(base64(proof[1]!), loose(base64(proof[1]!)))],
        ['64 hashes', body.replace('\n\n', `\n${`${base64(root)}\n`.repeat(60)}\n`)],
        ['no empty line', body.replace('\n\n', '\n')],
        ['two empty lines', body.replace('\n\n', '\n\n\n')],
        ['no checkpoint', body.slice(0, body.indexOf('\n\n') + 2)],
        ['a checkpoint without signatures', `old 7\n\n${text}`],
        ['a checkpoint with a size above 2^53', body.replace('\n7\n', '\n9007199254740992\n')],
        ['carriage returns', body.replaceAll('\n', '\r\n')],
      ].map(([name, text]) => ({ name, body: text })),
    },
    answers: {
      valid: [
        { name: 'one line', body: lines.w1, lines: 1 },
        { name: 'both kinds and an unknown key', body: lines.w1 + lines.w3 + lines.otherLog, lines: 3 },
      ],
      invalid: [
        ['empty', ''],
        ['only a newline', '\n'],
        ['no newline at the end', lines.w1.trimEnd()],
        ['an empty line between', `${lines.w1}\n${lines.w2}`],
        ['a whole note', note(lines.w1)],
        ['a hyphen in place of the dash', lines.w1.replace('—', '-')],
        ['a name with a space', lines.w1.replace('witness-1', 'witness 1')],
        ['base64 without its end', lines.w1.replace(/=+\n$/, '\n')],
        ['nothing behind the key id', `— w ${base64(new Uint8Array(4))}\n`],
        ['more lines than a note may have', lines.w1.repeat(101)],
      ].map(([name, text]) => ({ name, body: text })),
    },
    sizes: {
      valid: [
        { body: '0\n', size: 0 },
        { body: '9007199254740991\n', size: Number.MAX_SAFE_INTEGER },
      ],
      invalid: [
        '',
        '\n',
        '7',
        '07\n',
        '7\n\n',
        ' 7\n',
        '-7\n',
        '7.0\n',
        '9007199254740992\n',
        '18446744073709551615\n',
      ],
    },
    paths: await Promise.all(
      [origin, 'sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562'].map(
        async (each) => ({ origin: each, path: await witnessPath(each) }),
      ),
    ),
  }
}
