import type { enSignIns } from './en-sign-ins.ts'

export const zhSignIns: typeof enSignIns = {
  serverSignIn: {
    title: '您的登录',
    page: (name) => `登录到 ${name}`,
    lead: '这个服务器要知道是谁在调用它。您在那里登录一次；此后本节点以您的名义调用它，不会用于他人。',
    begin: '前往登录',
    beginHelp: '您将离开本页前往该服务器的页面，完成后会回到这里。',
    going: '正在前往…',
    again: '重新登录',
    forget: '忘记登录',
    signedIn: '您已登录。',
    notSignedIn: '您尚未登录，因此您的智能体不能调用这个服务器。',
    everyone: '由本节点自己登录，供所有人使用：无需任何人登录。',
    until: '到期',
    since: '自',
    ending: '正在完成登录…',
    done: '登录成功',
    doneHelp: '本节点现在可以以您的名义调用这个服务器。您可以关闭本页，或继续。',
    doneNew: '登录成功。请回到先前的页面，重新登记这个服务器。',
    failed: '登录没有成功',
    toRecord: '前往该服务器',
    toRegistry: '前往登记',
    empty: '此地址没有带来任何内容。请从服务器的页面开始。',
  },
}
