import { hex, utf8 } from '@ambit/core/bytes'
import { checkpointText } from '@ambit/core/log/checkpoint'
import { formatProof } from '@ambit/core/log/proof'
import {
  entries,
  flipped,
  h01,
  h0123,
  h456,
  keys,
  leaves,
  lines,
  note,
  origin,
  text,
  three,
  time,
  untimed,
} from './log.ts'

export async function witnessedProofs() {
  const policy = `${three}group G 2 A B C\nquorum G\n`
  const hashes = [leaves[3]!, h01, h456]
  const good = (checkpoint: string, index = 2, path = hashes) =>
    formatProof({ index, hashes: path, checkpoint })
  const full = note(lines.log, lines.w1, lines.w3)
  const other = checkpointText(origin, 7, h0123)
  return {
    policy,
    vkey: keys.log.vkey,
    entry: entries[2],
    leafHash: hex(leaves[2]!),
    valid: [
      {
        name: 'two of three witnesses',
        proof: good(full),
        index: 2,
        size: 7,
        origin,
        witnesses: [
          { name: 'A', time },
          { name: 'C', time },
        ],
      },
      {
        name: 'all witnesses and an unknown one',
        proof: good(note(lines.log, lines.otherLog, lines.w2, lines.w1, lines.w3)),
        index: 2,
        size: 7,
        origin,
        witnesses: [
          { name: 'A', time },
          { name: 'B', time },
          { name: 'C', time },
        ],
      },
      {
        name: 'with an extra line',
        proof: formatProof({ index: 2, hashes, checkpoint: full, extra: utf8('more') }),
        index: 2,
        size: 7,
        origin,
        witnesses: [
          { name: 'A', time },
          { name: 'C', time },
        ],
      },
    ],
    invalid: [
      { name: 'one witness too few', proof: good(note(lines.log, lines.w1)) },
      { name: 'one witness twice', proof: good(note(lines.log, lines.w1, lines.w1)) },
      { name: 'a cosignature without a time', proof: good(note(lines.log, lines.w1, untimed)) },
      { name: 'no signature of the log', proof: good(note(lines.w1, lines.w2, lines.w3)) },
      {
        name: 'a bad signature of a third witness',
        proof: good(note(lines.log, lines.w1, lines.w3, flipped(lines.w2))),
      },
      { name: 'another index', proof: good(full, 3) },
      { name: 'an index beyond the tree', proof: good(full, 7) },
      { name: 'a hash too few', proof: good(full, 2, hashes.slice(0, 2)) },
      { name: 'a hash too many', proof: good(full, 2, [...hashes, h01]) },
      { name: 'hashes in another order', proof: good(full, 2, [h01, leaves[3]!, h456]) },
      { name: 'a checkpoint whose root its signers did not sign', proof: good(full.replace(text, other)) },
      {
        name: 'a checkpoint with an index above 2^53',
        proof: good(full).replace('index 2\n', 'index 9007199254740992\n'),
      },
      { name: 'a carriage return', proof: good(full).replace('index 2\n', 'index 2\r\n') },
    ],
  }
}
