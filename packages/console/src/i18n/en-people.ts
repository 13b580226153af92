/** Words of people and their sign-in links. */
export const enPeople = {
  people: {
    title: 'People',
    lead: 'Who may sign in to this node, and what they may do here.',
    add: 'Add a person',
    addDo: 'Add and make a link',
    you: 'you',
    name: 'Name',
    roles: 'Roles',
    rolesHelp: {
      owner: 'May do everything, also add and remove people.',
      approver: 'Answers agents that ask, whoever’s mandate it is.',
      operator: 'Registers agents and takes them through their life.',
      auditor: 'Sees everything and changes nothing.',
    },
    noAccess: 'No access',
    edit: 'Change',
    editOf: (name: string) => `Change ${name}`,
    editTitle: 'Change a person',
    save: 'Save',
    removes: 'Without a role the person is signed out everywhere at once and cannot come back.',
    newLink: 'New link',
    newLinkFor: (name: string) => `New link for ${name}`,
    ownersOnly: 'Only an owner adds people and makes links.',
  },
  signInLink: {
    title: (name: string) => `Sign-in link for ${name}`,
    device: 'Sign in another device',
    deviceHelp:
      'Makes a link for yourself. Open it on the other device, for instance on your phone to approve from there; this device stays signed in.',
    make: 'Make a link',
    help: 'Whoever opens it first is signed in as this person. It works once; send it by a way you trust.',
    ownHelp: 'Open it on the other device. It works once, and whoever opens it first is signed in as you.',
    until: 'Works until',
    local:
      'The link names this machine only. For other devices, give the node an address they can reach (AMBIT_ORIGIN).',
  },
}
