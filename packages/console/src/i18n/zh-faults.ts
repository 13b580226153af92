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
  'record.name-confusable': {
    title: '该名称容易与另一名称混淆',
    remedy: '请另选名称；确有理由时，请组织所有者确认。',
  },
  'record.name-unreadable': {
    title: '名称含有看不见或无法分辨的字符',
    remedy: '请使用可见字符，且同一词只用一种文字。',
  },
  'record.name-reserved': { title: '该名称属于节点或已证明域名的组织', remedy: '请另选名称。' },
  'record.name-held': { title: '该名称刚被放弃，暂不可用', remedy: '请另选名称，或等到所示时间之后。' },
  'record.taken-down': {
    title: '该登记已被节点运营方下架',
    remedy: '请联系节点运营方，只有运营方可以恢复。',
  },
  'record.quarantined': { title: '该名称、密钥或地址属于已下架的登记', remedy: '请联系节点运营方。' },
  'record.second-person': {
    title: '提交版本的人不能由自己启用',
    remedy: '请由组织的另一位操作员或所有者启用。',
  },
  'ownership.required': { title: '地址不在组织已证明的域名之内', remedy: '请先证明所指域名，或更改地址。' },
  'record.renamed': { title: '该登记已更名', remedy: '请使用所示的新名称。' },
  'transfer.state': { title: '该移交已不在等待中', remedy: '请查看移交的现状。' },
  'ca.request': {
    title: '证书请求无法读取',
    remedy: '请给出一份 PEM 格式的 PKCS #10 请求，并以其自身的密钥签名。',
  },
  'ca.name': { title: '证书请求写的是另一个身份码', remedy: '请以本登记的身份码提出请求。' },
  'ca.record': { title: '登记未在用，不能为其颁发证书', remedy: '请先提交并启用该登记。' },
  'ca.provider': {
    title: '登记缺少证书须写明的内容',
    remedy: '请按所述补全登记，启用该版本后再试。',
  },
  'ca.key': { title: '这把密钥不予认证', remedy: '请为该智能体生成一把新密钥。' },
  'ca.too-many': { title: '对证书颁发机构的请求过多', remedy: '请稍后再试，并吊销不再使用的证书。' },
  'ca.not-found': { title: '没有这份证书', remedy: '请在该登记的证书列表中核对序列号。' },
  'agent-key.taken': {
    title: '该密钥现在或曾经属于另一智能体',
    remedy: '请为该智能体生成一把新密钥。',
  },
  'agent-key.compromised': { title: '该密钥已被报告泄露', remedy: '请生成一把新密钥。' },
  'agent-key.state': {
    title: '该密钥的状态不允许这样做',
    remedy: '请查看智能体的密钥；必要时由人恢复。',
  },
  'agent-key.second-person': {
    title: '恢复正在等待第二人',
    remedy: '请由组织的另一位所有者或运营人确认。',
  },
  'ownership.domain': {
    title: '这不是可以证明的域名',
    remedy: '请给出公共域名，例如 example.org，不含协议、端口或路径。',
  },
  'ownership.not-proved': {
    title: '没有找到该域名的证明',
    remedy: '请按所示发布 TXT 记录或文件，稍后再检查。',
  },
  'ownership.too-many': { title: '组织的域名已达上限', remedy: '请放弃不再需要的域名。' },
  'format.unknown': {
    title: '无法识别文件的格式',
    remedy: '请给出 A2A、MCP、ACS、ANP、ARD 或 AI Catalog 的文件。',
  },
  'format.invalid': { title: '文件不符合其格式', remedy: '请改正所指的项目。' },
  'format.too-large': {
    title: '文件过大或嵌套过深',
    remedy: '请只保留描述一个智能体所需的内容：至多 256 KiB、32 层、20,000 个值。',
  },
  'format.address': { title: '文件含有本节点不接受的地址', remedy: '请改用公共地址。' },
  'format.unreachable': {
    title: '无法从该地址取得文件',
    remedy: '请确认该地址直接给出文件而不跳转，然后重试。',
  },
  'node.draining': { title: '节点正在停止，不再接受新的行为', remedy: '请稍后再试，或使用另一个节点。' },
  'auth.missing': { title: '需要先说明您是谁', remedy: '请登录。' },
  'auth.unknown-token': { title: '本节点不认识这个令牌或链接', remedy: '请索取新的登录链接。' },
  'auth.expired': { title: '令牌或链接已失效', remedy: '请索取新的登录链接。' },
  'auth.revoked': { title: '令牌已被撤销', remedy: '请向发放人索取新的令牌。' },
  'auth.role': { title: '您的角色不允许这样做', remedy: '请向组织的所有者申请相应角色。' },
  'auth.proof': {
    title: '该令牌须附其密钥的证明',
    remedy: '请以 `Authorization: DPoP …` 发送，并在 DPoP 标头中附新的证明（RFC 9449）。',
  },
  'auth.sender': {
    title: '该令牌属于另一智能体的授权书',
    remedy: '请勿附令牌：证书或签名已说明您是谁；或使用为您签发的令牌。',
  },
  'auth.mandate': {
    title: '不清楚该智能体依哪一份授权书行事',
    remedy: '请向本人申请以该智能体为持有者的授权书，或在 Ambit-Mandate 标头中指明一份。',
  },
  'auth.signature': {
    title: '请求的签名不能说明发送者是谁',
    remedy: '请重新签名（RFC 9421），要求见 docs/guide/agents-connections.md。',
  },
  'request.digest': {
    title: '正文与签名时不一致',
    remedy: '请发送 Content-Digest 所指的正文，途中不得改动。',
  },
  'auth.session-only': { title: '只有登录的本人可以这样做', remedy: '请在控制台登录后办理。' },
  'identity.last-owner': { title: '组织须至少有一位所有者', remedy: '请先让另一人成为所有者。' },
  'identity.too-many': { title: '人员或令牌已达上限', remedy: '请移除不再需要的。' },
  'identity.closed': { title: '该组织在本节点上已关闭', remedy: '请运行本节点的组织的所有者重新开放。' },
  'identity.node-operators': {
    title: '只有运行本节点的组织可以这样做',
    remedy: '请联系该组织的所有者；它是本节点的第一个组织。',
  },
  'passkey.unknown': {
    title: '您在此地址没有这个通行密钥',
    remedy: '请用链接在您使用的地址登录，并在那里添加通行密钥。',
  },
  'passkey.challenge': {
    title: '通行密钥回答的不是这个问题，或问题已用过、已过期',
    remedy: '请重新开始；每个问题五分钟内回答一次。',
  },
  'passkey.origin': {
    title: '此地址不能使用通行密钥',
    remedy: '请以 https 加名称打开控制台，或在本机上用 localhost。',
  },
  'passkey.counter': {
    title: '通行密钥的计数倒退，可能已被复制',
    remedy: '请移除它并添加新的；若不是您复制的，请告知所有者。',
  },
  'passkey.not-verified': {
    title: '通行密钥未能证明是您本人',
    remedy: '请重试，并让设备核对您的指纹、面容或 PIN。',
  },
  'passkey.old-session': { title: '登录已久，不能添加通行密钥', remedy: '请重新登录，并在十分钟内添加。' },
  'approval.changed': { title: '您看到的与将被批准的不一致', remedy: '请重新查看卡片再决定。' },
  'approval.decided': {
    title: '此前已决定，或已逾期',
    remedy: '请查看它的状态；若仍有需要，智能体须重新请求。',
  },
  'approval.expired': { title: '已逾期，未答复视为拒绝', remedy: '若仍有需要，智能体须重新请求。' },
  'approval.edit': {
    title: '不能这样修改',
    remedy: '只能修改卡片上已有的值，且须符合该能力的要求；或拒绝并说明原因。',
  },
  'approval.plan-mode': {
    title: '请求过多，或答复过快',
    remedy: '请将该智能体的请求作为一份清单一并审阅，或等待十分钟。',
  },
  'approval.plan': {
    title: '这些行为不能列入一份清单',
    remedy: '一份清单最多 50 项，须出自同一智能体；需两人批准的须逐项请求。',
  },
  'approval.second-person': {
    title: '您已同意，还须另一人同意',
    remedy: '请联系本人，或组织的所有者、审批人。',
  },
  'approval.step-up': {
    title: '须用您的通行密钥确认这张卡片',
    remedy: '请在控制台用通行密钥批准；尚无通行密钥的，请先在账户页添加。',
  },
  'approval.standing': {
    title: '不能连同以后的调用一并批准',
    remedy: '请只批准这一次。不可撤销、须通行密钥或两人批准的，每次都会询问。',
  },
  'approval.stop': { title: '无法从这里停止该智能体', remedy: '尚未拒绝：请先单独拒绝，再撤销其授权。' },
  'approval.not-yours': { title: '这不由您决定', remedy: '请联系卡片所指的人，或组织的所有者、审批人。' },
  'undo.done': { title: '此前已撤销，或正在撤销', remedy: '请在动态中查看；不会撤销两次。' },
  'undo.no-inverse': { title: '此行为无法撤销', remedy: '若对方提供撤销办法，请在对方处办理。' },
  'undo.too-late': { title: '可撤销的时间已过', remedy: '若对方提供撤销办法，请在对方处办理。' },
  'channel.not-https': {
    title: '通知只通过 https 发送',
    remedy: '请填写 https 地址；http 仅限运营者允许的自有网络地址。',
  },
  'channel.keys': {
    title: '这些密钥不是浏览器订阅的密钥',
    remedy: '请原样发送浏览器中 `subscription.toJSON()` 的结果。',
  },
  'channel.too-many': { title: '已达到每人数量上限', remedy: '请先移除不再使用的，再重试。' },
  'undo.not-yours': { title: '这不是以您的名义所做', remedy: '请联系本人，或组织的所有者。' },
  'undo.not-done': { title: '没有可撤销的内容', remedy: '请在动态中查看其状态。' },
  'undo.contents-gone': {
    title: '撤销所需的内容已不再保存',
    remedy: '请在对方处办理；内容已被清除，或本节点不保存。',
  },
  'undo.session': { title: '撤销此行为须由本人办理', remedy: '请登录控制台后撤销。' },
  'undo.failed': { title: '未能撤销', remedy: '请查看原因，处理后重试，或在对方处办理。' },
  'mandate.ended': { title: '授权已撤销或已到期', remedy: '请新建授权。' },
  'mandate.not-yours': { title: '这是别人的授权', remedy: '请联系本人，或组织的所有者。' },
  'mandate.too-many': { title: '该授权的下级或令牌已达上限', remedy: '请撤销不再使用的。' },
  'rule.not-yours': {
    title: '这条规则不由您制定或移除',
    remedy: '请为您名下的行为制定规则，或联系组织的所有者。',
  },
  'rule.over': { title: '这条规则已经过期', remedy: '请给出将来的期限，或不填。' },
  'rule.too-many': { title: '规则已达上限', remedy: '请移除不再需要的规则，或合并为一条。' },
  'stop.invalid': { title: '未说明要停止什么', remedy: '请指明智能体、授权或人员；只有停止全部无需指明。' },
  'stop.lifted': { title: '该停止此前已解除', remedy: '无需处理；如有需要，请重新停止。' },
  'stop.not-yours': { title: '这不由您停止或恢复', remedy: '请停止您名下的行为，或联系组织的所有者。' },
  'stop.too-many': {
    title: '您设置的停止已达上限',
    remedy: '请解除不再需要的，或一次停止您名下的全部行为。',
  },
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
  'oauth.request': {
    title: '此接入请求已不存在',
    remedy: '请在客户端重新开始：请求保留半小时，只能决定一次。',
  },
  'oauth.not-yours': {
    title: '此请求由他人或另一浏览器发起',
    remedy: '请在客户端重新开始，并在它打开的浏览器中决定。',
  },
  'oauth.client': { title: '客户端的自述不符合要求', remedy: '请告知其制作者；其文档或注册有误。' },
  'oauth.too-many': { title: '该地址的注册或登录过多', remedy: '请稍候几秒再试。' },
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
  'check.request': {
    title: '数据平面所询问的请求可以有两种读法',
    remedy: '请按说明中的普通形式重新发送请求。',
  },
  'check.target': {
    title: '本节点没有与数据平面所询问的对象相符的登记',
    remedy: '请在数据平面的配置中以 `ambit-target` 指明登记。',
  },
  'check.capability': {
    title: '该登记没有与数据平面所询问的请求相符的能力',
    remedy: '请在登记中添加该能力，或在数据平面的配置中以 `ambit-capability` 指明。',
  },
  'check.body': {
    title: '无法按目标的读法读取请求正文',
    remedy: '请以 UTF-8 发送一个完整、未压缩、成员不重复的 JSON 对象。',
  },
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
  'ledger.unsigned': {
    title: '日志已太久没有签名，因此不再开始新的行为',
    remedy: '请恢复 AMBIT_LOG_KEY 所指的令牌；已写入的内容是安全的，之后会自动继续。',
  },
  'ledger.signer': {
    title: '日志的密钥无法使用，因此没有签署检查点',
    remedy: '请检查 AMBIT_LOG_KEY 及其所指的令牌；条目是安全的，签名会自动继续。',
  },
  'ledger.failed': { title: '磁盘报错，账本已停止记录', remedy: '请检查磁盘后重新启动节点。' },
  'scan.network': {
    title: '不允许本节点扫描该网络',
    remedy: '节点只扫描本机（环回地址）。其他自有网络须由运行节点的人写入 AMBIT_SCAN_NETWORKS。',
  },
  'scan.too-large': {
    title: '超出一次扫描的范围',
    remedy: '请扫描较小的网络（最大 /20）或较少的端口，分次进行。',
  },
  'scan.running': { title: '另一次扫描正在进行', remedy: '请等它结束，或先停止它。' },
}
