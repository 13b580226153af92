import type { Dictionary } from './en.ts'

/** 人员与登录链接的文字。 */
export const zhPeople: Pick<Dictionary, 'people' | 'signInLink'> = {
  people: {
    title: '人员',
    lead: '谁可以登录本节点，在这里可以做什么。',
    add: '添加人员',
    addDo: '添加并生成链接',
    you: '您',
    name: '姓名',
    roles: '角色',
    rolesHelp: {
      owner: '可以做一切，包括添加和移除人员。',
      approver: '答复前来询问的智能体，无论依据谁的授权。',
      operator: '登记智能体，并管理它们的整个生命周期。',
      auditor: '可以查看一切，不能更改。',
    },
    noAccess: '无权访问',
    edit: '更改',
    editOf: (name) => `更改 ${name}`,
    editTitle: '更改人员',
    save: '保存',
    removes: '没有角色的人会立即在所有设备上退出登录，也不能再登录。',
    newLink: '新链接',
    newLinkFor: (name) => `为 ${name} 生成新链接`,
    ownersOnly: '只有所有者可以添加人员、生成链接。',
  },
  signInLink: {
    title: (name) => `${name} 的登录链接`,
    device: '在另一台设备上登录',
    deviceHelp: '为您自己生成一条链接。在另一台设备上打开它，例如在手机上随时审批；本设备保持登录。',
    make: '生成链接',
    help: '谁先打开它，谁就以此人身份登录。只能用一次；请通过可信的途径发送。',
    ownHelp: '请在另一台设备上打开它。只能用一次，谁先打开，谁就以您的身份登录。',
    until: '有效期至',
    local: '这条链接只指向本机。要让其他设备使用，请为节点设置它们可以访问的地址（AMBIT_ORIGIN）。',
  },
}
