import { base64, hex } from '@ambit/core/bytes'
import { signatureLine, subtreeMessage } from '@ambit/core/log/cosignature'
import { emptyRoot } from '@ambit/core/log/merkle'
import {
  farOff,
  flipped,
  h0123,
  h45,
  keys,
  later,
  lines,
  note,
  origin,
  repacked,
  root,
  text,
  time,
  untimed,
} from './log.ts'

export async function cosignatures() {
  const statements = [
    { name: 'witness-3.example', time, origin, start: 0, end: 7, hash: root },
    { name: 'witness-3.example', time: 0, origin, start: 4, end: 6, hash: h45 },
    { name: 'w', time: 0, origin: 'ä.example', start: 0, end: 0, hash: await emptyRoot() },
    { name: 'w', time, origin: 'o'.repeat(255), start: 0, end: Number.MAX_SAFE_INTEGER, hash: root },
  ]
  const extended = `${text}an extension line\n`
  return {
    keys: Object.fromEntries(
      Object.entries(keys).map(([id, { name, kind, seed, vkey }]) => [id, { name, kind, seed, vkey }]),
    ),
    messages: statements.map((each) => ({
      ...each,
      hash: hex(each.hash),
      message: hex(subtreeMessage(each)),
    })),
    valid: [
      {
        name: 'a log and all its witnesses',
        note: note(lines.log, lines.logPq, lines.w1, lines.w3),
        keys: ['log', 'logPq', 'w1', 'w3'],
        times: { log: null, logPq: time, w1: time, w3: time },
      },
      { name: 'the ML-DSA-44 key alone', note: note(lines.log, lines.w3), keys: ['w3'], times: { w3: time } },
      { name: 'no time stated', note: note(untimed), keys: ['w3'], times: { w3: 0 } },
      {
        name: 'a key of the same name and another kind is another key',
        note: note(lines.w3, flipped(lines.w3Plain)),
        keys: ['w3'],
        times: { w3: time },
      },
      {
        name: 'an Ed25519 cosignature over an extension line',
        note: `${extended}\n${await keys.w1.line(extended)}`,
        keys: ['w1'],
        times: { w1: time },
      },
    ],
    invalid: [
      { name: 'no known key', note: note(lines.w3), keys: ['w1', 'log'] },
      {
        name: 'a bad ML-DSA-44 signature beside good ones',
        note: note(lines.log, lines.w1, flipped(lines.w3)),
        keys: ['log', 'w1', 'w3'],
      },
      {
        name: 'a bad Ed25519 cosignature beside good ones',
        note: note(lines.log, flipped(lines.w1), lines.w3),
        keys: ['log', 'w1', 'w3'],
      },
      {
        name: 'an Ed25519 cosignature with another time',
        note: note(repacked(lines.w1, later)),
        keys: ['w1'],
      },
      {
        name: 'an ML-DSA-44 cosignature with another time',
        note: note(repacked(lines.w3, later)),
        keys: ['w3'],
      },
      { name: 'a time above 2^53', note: note(repacked(lines.w1, farOff)), keys: ['w1'] },
      {
        name: 'a cosignature without its last byte',
        note: note(repacked(lines.w1, (bytes) => bytes.slice(0, -1))),
        keys: ['w1'],
      },
      {
        name: 'a cosignature of three bytes',
        note: note(repacked(lines.w1, (bytes) => bytes.slice(0, 3))),
        keys: ['w1'],
      },
      {
        name: 'an ML-DSA-44 signature without its time',
        note: note(repacked(lines.w3, (bytes) => bytes.slice(8))),
        keys: ['w3'],
      },
      { name: 'another size', note: note(lines.w3).replace('\n7\n', '\n8\n'), keys: ['w3'] },
      { name: 'another root', note: note(lines.w3).replace(base64(root), base64(h0123)), keys: ['w3'] },
      { name: 'another origin', note: note(lines.w3).replace(origin, 'log.example/registry'), keys: ['w3'] },
      {
        name: 'an ML-DSA-44 cosignature beside an extension line that it does not cover',
        note: `${extended}\n${lines.w3}`,
        keys: ['w3'],
      },
      {
        name: 'an ML-DSA-44 cosignature of a text that is no checkpoint',
        note: `a text\n\n${lines.w3}`,
        keys: ['w3'],
      },
      {
        name: 'a plain signature under the id of a cosignature key',
        note: note(
          signatureLine(
            keys.w1.name,
            keys.w1.keyId,
            Uint8Array.fromBase64(lines.log.trimEnd().split(' ')[2]!).slice(4),
          ),
        ),
        keys: ['w1'],
      },
    ],
  }
}
