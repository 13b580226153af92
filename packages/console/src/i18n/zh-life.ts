import type { Dictionary } from './en.ts'

export const zhLife: Pick<Dictionary, 'life'> = {
  life: {
    takenDown: '已下架',
    takenDownBy: '节点运营方已将此登记下架，只有运营方可以恢复。',
    claimStates: { proved: '已证明', claimed: '仅为声称，未证明' },
  },
}
