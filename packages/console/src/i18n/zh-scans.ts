import type { Dictionary } from './en.ts'

/** 查找未登记智能体的文字。 */
export const zhScans: Pick<Dictionary, 'scans'> = {
  scans: {
    title: '发现',
    lead: '本机或自有网络中使用 MCP 或 A2A 的服务，以及是否已登记。',
    notYours: '只有运行本节点的人可以查找。',
    networks: '网络',
    networksHelp: (allowed) => `留空为本机。允许的范围：${allowed}。`,
    ports: '端口',
    portsHelp: '留空为智能体常用端口。多个端口用逗号分隔。',
    start: '查找',
    starting: '正在查找…',
    cancel: '停止查找',
    none: '本节点启动以来还没有查找过。',
    harmless: '每个开放端口只收到几次不带凭据的问候，不会调用任何工具。查找本身会写入日志。',
    states: {
      running: '正在查找',
      done: '已完成',
      cancelled: '已停止',
      'out-of-time': '超时结束',
      failed: '失败',
    },
    progress: (tried, of, open) => `已尝试 ${tried}/${of} 个端口，${open} 个开放`,
    nothing: '没有发现使用 MCP 或 A2A 的服务。',
    more: (n) => `另有 ${n} 项未保留。`,
    standings: { unregistered: '未登记', registered: '已登记', own: '本节点' },
    unnamed: '未说明名称',
    wantsCredentials: '需要凭据',
    notCallable: '登记之前，须在 AMBIT_ALLOW_ADDRESSES 中写明其地址。',
    draft: '建立草稿',
    drafting: '正在读取…',
    drafted: '已建立草稿',
  },
}
