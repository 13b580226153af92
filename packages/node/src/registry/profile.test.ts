import { effects } from '@ambit/core/record'
import type { Effect, Reversibility, Role } from '@ambit/core/record'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadCatalog } from '../kernel/catalog.ts'
import type { DescribedCapability } from './describe.ts'
import { createProposer } from './profile.ts'

const propose = createProposer(loadCatalog().profileWords)

function capability(
  id: string,
  description = '',
  properties: Record<string, unknown> = { name: { type: 'string' } },
  hints: DescribedCapability['hints'] = {},
): DescribedCapability {
  const inputSchema = { type: 'object', properties }
  return { id, name: id, description, inputSchema, outputSchema: undefined, hints, served: { name: id } }
}

const text = { type: 'string' }

const table: [string, string, Record<string, unknown>, Effect, Reversibility][] = [
  ['list_files', 'Lists the files of a folder', { folder: text }, 'read', 0],
  ['files.list', '', { folder: text }, 'read', 0],
  ['acme_crm_get_customer', 'Returns one customer', { customer_id: text }, 'read', 0],
  ['searchNotes', 'Search all notes', { query: text }, 'read', 0],
  ['get_order', 'Get an order by its number', { order_id: text }, 'read', 0],
  ['list_recent_transfers', 'Lists the latest transfers', { limit: { type: 'integer' } }, 'read', 0],
  ['payments_list', 'List payments', {}, 'read', 0],
  ['orders', 'Orders of a customer', {}, 'pay', 3],
  ['get_and_send_report', '', {}, 'egress', 3],
  ['create_note', 'Creates a note', { title: text, body: text }, 'write', 1],
  ['rename_folder', '', { path: text, name: text }, 'write', 1],
  ['delete_record', 'Deletes a record', { record_id: text }, 'write', 3],
  ['crm-contact-remove', '', { id: text }, 'write', 3],
  ['deletefile', '', { path: text }, 'write', 3],
  ['cancel_booking', 'Cancel a booking', { id: text }, 'write', 2],
  ['send_mail', 'Sends a mail', { to: text, body: text }, 'egress', 3],
  ['sendmail', '', { to: text }, 'egress', 3],
  ['notes_share', 'Share a note', { note_id: text, recipients: text }, 'egress', 2],
  ['create_message', '', { body: text }, 'egress', 3],
  [
    'create_event',
    'Create an event',
    { title: text, attendees: { type: 'array', items: text } },
    'egress',
    2,
  ],
  ['read_page', 'Read a web page', { url: { type: 'string', format: 'uri' } }, 'egress', 2],
  ['run_query', 'Run a query', { sql: text }, 'egress', 3],
  ['query_table', 'Query a table', { sql: text }, 'write', 3],
  ['transfer_money', 'Transfers money', { account: text, amount: { type: 'number' } }, 'pay', 3],
  ['make_payment', '', { amount: { type: 'number' } }, 'pay', 3],
  ['book_room', 'Book a room', { room_id: text }, 'pay', 2],
  ['update_password', '', { password: text }, 'identity', 3],
  ['add_user_to_team', '', { user: text }, 'identity', 3],
  ['grant_access', '', { user: text }, 'identity', 3],
  ['unlock_door', 'Unlocks the door', { door_id: text }, 'physical', 3],
  ['turn_on_light', '', { room: text }, 'physical', 3],
  ['set_thermostat', '', { degrees: { type: 'number' } }, 'physical', 2],
  ['发送邮件', '发送一封邮件', { 收件人: text, 正文: text }, 'egress', 3],
  ['查询订单', '根据编号查询订单', { 编号: text }, 'read', 0],
  ['查询转账记录', '', { 日期: text }, 'read', 0],
  ['转账', '向指定账户转账', { 账户: text, 金额: { type: 'number' } }, 'pay', 3],
  ['删除文件', '', { 文件: text }, 'write', 3],
  ['打开门锁', '', { 设备: text }, 'physical', 3],
  ['修改密码', '', { 密码: text }, 'identity', 3],
  // The name says nothing, the description does.
  ['helper', 'Deletes all files of a folder', { folder: text }, 'write', 3],
  ['工具', '查询天气', { 城市: text }, 'read', 0],
  // The description is graver than the name.
  ['get_invoice', 'Fetches the invoice and pays it', { id: text }, 'pay', 3],
  // A word that hides: an invisible character, full-width letters.
  ['de\u200Blete_list', '', { id: text }, 'write', 3],
  ['ｄｅｌｅｔｅ', '', { id: text }, 'write', 3],
  // Nobody knows.
  ['frobnicate', 'Does things', { x: text }, 'egress', 3],
  ['', '', {}, 'egress', 3],
]

test.each(table)('%s (%s) is proposed as it reads', (id, description, properties, effect, reversibility) => {
  const profile = propose(capability(id, description, properties))
  expect({ effect: profile.effect, reversibility: profile.reversibility }).toEqual({ effect, reversibility })
})

test('what the upstream hints only tightens', () => {
  const read = { effect: 'read', reversibility: 0 }
  expect(propose(capability('list_files', '', {}, { readOnly: true }))).toMatchObject(read)
  expect(propose(capability('delete_file', '', {}, { readOnly: true }))).toMatchObject({
    effect: 'write',
    reversibility: 3,
  })
  expect(propose(capability('frobnicate', '', {}, { readOnly: true }))).toMatchObject({
    effect: 'egress',
    reversibility: 3,
  })
  expect(propose(capability('list_files', '', {}, { destructive: true }))).toMatchObject({
    effect: 'write',
    reversibility: 2,
  })
  expect(propose(capability('search_news', '', {}, { openWorld: true }))).toMatchObject({ effect: 'egress' })
  expect(propose(capability('delete_file', '', {}, { destructive: false }))).toMatchObject({
    reversibility: 3,
  })
})

test('an agent without a schema receives whatever is said', () => {
  const skill = { ...capability('summarize'), inputSchema: undefined }
  expect(propose(skill)).toMatchObject({ effect: 'egress', reversibility: 1, roles: {} })
})

const roleTable: [string, unknown, Role][] = [
  ['url', { type: 'string' }, 'sink'],
  ['website', { type: 'string', format: 'uri' }, 'sink'],
  ['callback_url', { type: 'string' }, 'sink'],
  ['recipient_id', { type: 'string' }, 'sink'],
  ['accountId', { type: 'string' }, 'sink'],
  ['path', { type: 'string' }, 'sink'],
  ['file', { type: 'string' }, 'sink'],
  ['file_id', { type: 'string' }, 'selector'],
  ['id', { type: 'integer' }, 'selector'],
  ['query', { type: ['string', 'null'] }, 'selector'],
  ['name', { type: 'string' }, 'selector'],
  ['amount', { type: 'number' }, 'quantity'],
  ['due', { type: 'string', format: 'date' }, 'quantity'],
  ['start_date', { type: 'string' }, 'quantity'],
  ['password', { type: 'string' }, 'secret'],
  ['apiKey', { type: 'string' }, 'secret'],
  ['access_token', { type: 'string' }, 'secret'],
  ['next_page_token', { type: 'string' }, 'selector'],
  ['body', { type: 'string' }, 'content'],
  ['message_text', { type: 'string' }, 'content'],
  ['sort', { type: 'string', enum: ['up', 'down'] }, 'control'],
  ['recursive', { type: 'boolean' }, 'control'],
  ['blurb', { type: 'string' }, 'sink'],
  ['payload', { type: 'object', properties: { to: { type: 'string' } } }, 'sink'],
  ['filters', { type: 'object', properties: { tag: { type: 'string' } } }, 'selector'],
  ['stuff', { type: 'object' }, 'sink'],
  ['login', { type: 'object', properties: { a: { type: 'object', properties: { pin: text } } } }, 'secret'],
  ['收件人', { type: 'string' }, 'sink'],
  ['密码', { type: 'string' }, 'secret'],
  ['金额', { type: 'string' }, 'quantity'],
  ['正文', { type: 'string' }, 'content'],
  ['查询', { type: 'string' }, 'selector'],
]

test.each(roleTable)('the argument %s has its role', (name, schema, role) => {
  const profile = propose(capability('get_thing', '', { [name]: schema }))
  if (name === 'next_page_token') expect(['selector', 'control', 'quantity']).toContain(profile.roles[name])
  else expect(profile.roles[name]).toBe(role)
})

const amount = { type: 'number' }
const currency = text

test('where the amount of a payment stands is proposed when there is just one place, and whole units unless it says cents', () => {
  const pay = (properties: Record<string, unknown>, id = 'make_payment') =>
    propose(capability(id, '', properties)).money
  const found = { amount: 'amount', currency: { argument: 'currency' }, unit: 'major' }
  expect(pay({ to: text, amount, currency })).toEqual(found)
  expect(pay({ amount: { type: 'integer' }, currency: { enum: ['EUR', 'USD'], type: 'string' } })).toEqual(
    found,
  )
  expect(pay({ amount_in_cents: amount, currency })).toMatchObject({
    amount: 'amount_in_cents',
    unit: 'minor',
  })
  expect(pay({ 金额: amount, 币种: text }, '转账')).toMatchObject({
    amount: '金额',
    currency: { argument: '币种' },
  })
  // Two that it could be, none, a text, and an amount without a currency.
  expect(pay({ amount, tip: amount, currency })).toBeUndefined()
  expect(pay({ currency })).toBeUndefined()
  expect(pay({ amount: text, currency })).toBeUndefined()
  expect(pay({ amount })).toBeUndefined()
  expect(pay({ amount, currency: amount })).toBeUndefined()
  expect(pay({ amount, currency }, 'list_payments')).toBeUndefined()
})

test('fields that the server makes are kept apart from prose', () => {
  const profile = propose({
    ...capability('get_thing'),
    outputSchema: {
      type: 'object',
      properties: {
        id: text,
        created: { type: 'string', format: 'date-time' },
        total: { type: 'number' },
        title: text,
      },
    },
  })
  expect(profile.integrity).toEqual({ id: 1, created: 1, total: 1 })
})

test('any schema and any text give a profile that is no milder than its name', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.jsonValue(), (id, description, schema) => {
      const inputSchema = { type: 'object', properties: schema } as Record<string, unknown>
      const profile = propose({ ...capability(`delete_${id}`, description), inputSchema })
      expect(effects.indexOf(profile.effect)).toBeGreaterThanOrEqual(effects.indexOf('write'))
      expect(profile.reversibility).toBe(3)
    }),
  )
})
