import type { FaultCode } from '@ambit/core/fault'

/**
 * Chinese words for the refusals a person meets most. The node writes its refusals in English; a code that does not
 * stand here is shown in the node's own words.
 */
export const zhFaults: Readonly<Partial<Record<FaultCode, { title: string; remedy: string }>>> = {
  internal: { title: '发生了意外情况', remedy: '请重试；若再次发生，请按此时间查看节点日志。' },
  'input.invalid': { title: '输入的格式不对', remedy: '请改正所指的项目后重新提交。' },
  'input.not-found': { title: '没有这个名称下的内容', remedy: '请核对名称或标识。' },
  'input.conflict': { title: '与已有内容矛盾', remedy: '请先查看同名的内容，再修改其中之一。' },
  'node.draining': { title: '节点正在停止，不再接受新的行为', remedy: '请稍后再试，或使用另一个节点。' },
  'auth.missing': { title: '需要先说明您是谁', remedy: '请登录。' },
  'auth.unknown-token': { title: '本节点不认识这个令牌或链接', remedy: '请索取新的登录链接。' },
  'auth.expired': { title: '令牌或链接已失效', remedy: '请索取新的登录链接。' },
  'auth.revoked': { title: '令牌已被撤销', remedy: '请向发放人索取新的令牌。' },
  'auth.role': { title: '您的角色不允许这样做', remedy: '请向组织的所有者申请相应角色。' },
  'auth.session-only': { title: '只有登录的本人可以这样做', remedy: '请在控制台登录后办理。' },
  'identity.last-owner': { title: '组织须至少有一位所有者', remedy: '请先让另一人成为所有者。' },
  'identity.too-many': { title: '人员或令牌已达上限', remedy: '请移除不再需要的。' },
  'approval.changed': { title: '您看到的与将被批准的不一致', remedy: '请重新查看卡片再决定。' },
  'approval.decided': {
    title: '此前已决定，或已逾期',
    remedy: '请查看它的状态；若仍有需要，智能体须重新请求。',
  },
  'approval.not-yours': { title: '这不由您决定', remedy: '请联系卡片所指的人，或组织的所有者、审批人。' },
  'mandate.ended': { title: '授权已撤销或已到期', remedy: '请新建授权。' },
  'mandate.not-yours': { title: '这是别人的授权', remedy: '请联系本人，或组织的所有者。' },
  'mandate.too-many': { title: '该授权的下级或令牌已达上限', remedy: '请撤销不再使用的。' },
  'record.sign-in': { title: '这个服务器要求您先登录', remedy: '请在所给地址登录，然后重新登记。' },
  'sign-in.unavailable': {
    title: '本节点无法使用这个服务器的登录方式',
    remedy: '请告知其所有者问题所在，或提供所有者为您制作的凭证。',
  },
  'sign-in.unknown': {
    title: '这次登录不是在这里开始的，或已用过、已过期',
    remedy: '请从该服务器的页面重新开始。',
  },
  'sign-in.not-yours': {
    title: '这次登录由他人开始',
    remedy: '须由开始登录的人在此浏览器登录控制台；否则请自行重新开始。',
  },
  'sign-in.refused': {
    title: '服务器没有让您登录',
    remedy: '请重新开始，并允许它所要求的；原因可询问其所有者。',
  },
  'record.invalid': { title: '登记内容的格式不对', remedy: '请改正所指的项目后重新提交。' },
  'record.name-taken': { title: '该名称已被另一项登记使用', remedy: '请换一个名称，或先让另一项登记退役。' },
  'record.state': { title: '登记的当前状态不允许这一步', remedy: '请查看它的状态。' },
  'record.unreachable': {
    title: '智能体或服务没有按协议应答',
    remedy: '请确认它在该地址运行并使用该协议，然后重试。',
  },
  'address.refused': {
    title: '本节点不会访问这个地址',
    remedy: '内网、本机与链路本地地址需由运营者在 AMBIT_ALLOW_ADDRESSES 中放行。',
  },
  'mandate.invalid': { title: '授权的格式不对', remedy: '请改正所指的项目后重新提交。' },
  'contents.busy': {
    title: '等待写入磁盘的行为内容已达上限',
    remedy: '请稍后重试；若持续如此，说明磁盘慢于行为到来的速度。',
  },
  'contents.full': {
    title: '存放行为内容的磁盘已满，不能开始新的行为',
    remedy: '请腾出数据目录所在磁盘的空间；在此之前一切行为都被拒绝。',
  },
  'contents.failed': {
    title: '行为内容无法写入，不能开始新的行为',
    remedy: '请检查磁盘，若内容存放在 PostgreSQL 则检查数据库；系统每秒重试一次。',
  },
  'contents.erased': {
    title: '该行为的内容已被删除',
    remedy: '任何人都无法恢复；收据仍能证明该行为发生过。',
  },
  'contents.frozen': {
    title: '此人的内容仅作保存，不向任何人打开',
    remedy: '所有者可以用 `ambit erase --release` 解除。',
  },
  'contents.not-yours': {
    title: '内容只向行为所属的人打开',
    remedy: '请由本人打开，并把带有内容的收据交给您。',
  },
  'ledger.full': {
    title: '账本的磁盘已满，无法记录行为',
    remedy: '请腾出数据目录所在磁盘的空间；在此之前一切行为都被拒绝。',
  },
  'ledger.failed': { title: '磁盘报错，账本已停止记录', remedy: '请检查磁盘后重新启动节点。' },
}
